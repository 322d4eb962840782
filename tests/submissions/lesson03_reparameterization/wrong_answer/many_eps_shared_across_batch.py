# Draws a noise vector a draw and uses it for every row.
#
# fails reparameterize_many-noise: "one eps shared across the batch"

# %% grade_id="reparameterize_many"
def reparameterize_many(mu, logvar, k):
    eps = torch.randn(k, 1, mu.shape[-1], dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar / 2) * eps
