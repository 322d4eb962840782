# Draws the noise on the default device.
#
# fails reparameterize_amp-device: "randn(shape) draws on the CPU"

# %% grade_id="reparameterize_amp"
def reparameterize_amp(mu, logvar):
    eps = torch.randn(mu.shape)
    return (mu.float() + torch.exp(logvar.float() / 2) * eps).to(mu.dtype)
