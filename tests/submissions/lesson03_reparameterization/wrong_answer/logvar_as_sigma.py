# Takes the log-variance for the standard deviation.
#
# fails reparameterize-values: "sigma = logvar: that is the logarithm of the variance"
# fails reparameterize-gradients: "sigma = logvar: that is the logarithm of the variance"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    return mu + logvar * torch.randn_like(mu)
