# Forgets to return the result.
#
# fails reparameterize-shape: no_return
# fails reparameterize-device: no_return
# fails reparameterize-values: no_return
# fails reparameterize-noise: no_return
# fails reparameterize-gradients: no_return

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
