# Draws the noise in float32, whatever the inputs are.
#
# fails reparameterize-shape: "randn(shape) draws in float32"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    eps = torch.randn(mu.shape, device=mu.device)
    return mu + torch.exp(logvar / 2) * eps
