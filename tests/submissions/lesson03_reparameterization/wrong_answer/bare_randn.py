# Draws the noise with neither the dtype nor the device of the inputs.
#
# fails reparameterize-shape: "randn(shape) draws in float32"
# fails reparameterize-device: "randn(shape) draws on the CPU"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    eps = torch.randn(mu.shape)
    return mu + torch.exp(logvar / 2) * eps
