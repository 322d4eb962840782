# Draws the noise on the default device.
#
# fails reparameterize-device: "randn(shape) draws on the CPU"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    eps = torch.randn(mu.shape, dtype=mu.dtype)
    return mu + torch.exp(logvar / 2) * eps
