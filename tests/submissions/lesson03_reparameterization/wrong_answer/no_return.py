# Forgets to return the result.
#
# fails reparameterize-shape: "a missing return"
# fails reparameterize-device: "a missing return"
# fails reparameterize-values: "a missing return"
# fails reparameterize-noise: "a missing return"
# fails reparameterize-gradients: "a missing return"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
