# Returns the mean of the draws over the batch.
#
# fails reparameterize-shape: "wrong shape"
# fails reparameterize-values: "wrong shape"
# fails reparameterize-noise: "wrong shape"
# fails reparameterize-gradients: "wrong shape"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
    return z.mean(0)
