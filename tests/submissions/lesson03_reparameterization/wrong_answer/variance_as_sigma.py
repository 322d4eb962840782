# Takes the variance for the standard deviation.
#
# fails reparameterize-values: "sigma = exp(logvar): that is the variance"
# fails reparameterize-gradients: "sigma = exp(logvar): that is the variance"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    return mu + torch.exp(logvar) * torch.randn_like(mu)
