# Adds the noise without scaling it.
#
# fails reparameterize-values: "eps is added but not scaled"
# fails reparameterize-gradients: "eps is added but not scaled"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    return mu + torch.randn_like(mu)
