# Draws the noise in float32, whatever the inputs are.
#
# fails reparameterize_many-shape: "randn(shape) draws in float32"

# %% grade_id="reparameterize_many"
def reparameterize_many(mu, logvar, k):
    eps = torch.randn(k, *mu.shape, device=mu.device)
    return mu + torch.exp(logvar / 2) * eps
