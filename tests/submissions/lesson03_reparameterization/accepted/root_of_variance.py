# Takes the root of the variance.

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    variance = logvar.exp()
    eps = torch.empty_like(mu).normal_()
    return mu + eps * variance.sqrt()
