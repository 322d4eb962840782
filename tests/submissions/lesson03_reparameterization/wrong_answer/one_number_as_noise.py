# Draws a single number for the whole tensor.
#
# fails reparameterize-noise: "one eps shared across the batch"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    eps = torch.randn((), dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar / 2) * eps
