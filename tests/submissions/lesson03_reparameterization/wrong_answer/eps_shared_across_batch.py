# Draws one noise vector and uses it for every row.
#
# fails reparameterize-noise: "one eps shared across the batch"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    eps = torch.randn(mu.shape[-1], dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar / 2) * eps
