# Makes sigma positive with softplus, a mistake that no list names.
#
# fails reparameterize-values: "half of what it was, since sigma halves"
# fails reparameterize-noise: "the noise (z - mu) / sigma has the wrong distribution"
# fails reparameterize-gradients: "0.5 * (z - mu)"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    sigma = torch.log(1 + torch.exp(logvar))
    return mu + sigma * torch.randn_like(mu)
