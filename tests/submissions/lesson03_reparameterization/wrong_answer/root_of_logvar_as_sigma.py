# Takes the root of the log-variance, not of the variance.
#
# fails reparameterize-values: "sigma = sqrt(logvar): that is the root of a logarithm"
# fails reparameterize-gradients: "sigma = sqrt(logvar): that is the root of a logarithm"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    return mu + torch.sqrt(logvar) * torch.randn_like(mu)
