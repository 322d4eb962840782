# Puts the draws in the last dimension.
#
# fails reparameterize_many-shape: "(batch, latent, k): the draws are the last dimension"
# fails reparameterize_many-values: "wrong shape"
# fails reparameterize_many-noise: "wrong shape"
# fails reparameterize_many-gradients: "wrong shape"

# %% grade_id="reparameterize_many"
def reparameterize_many(mu, logvar, k):
    sigma = torch.exp(logvar / 2).unsqueeze(-1)
    eps = torch.randn(*mu.shape, k, dtype=mu.dtype, device=mu.device)
    return mu.unsqueeze(-1) + sigma * eps
