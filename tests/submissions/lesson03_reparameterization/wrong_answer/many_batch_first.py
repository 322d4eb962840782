# Puts the draws in the second dimension.
#
# fails reparameterize_many-shape: "(batch, k, latent): the draws are the second dimension"

# %% grade_id="reparameterize_many"
def reparameterize_many(mu, logvar, k):
    sigma = torch.exp(logvar / 2).unsqueeze(1)
    eps = torch.randn(len(mu), k, mu.shape[1], dtype=mu.dtype, device=mu.device)
    return mu.unsqueeze(1) + sigma * eps
