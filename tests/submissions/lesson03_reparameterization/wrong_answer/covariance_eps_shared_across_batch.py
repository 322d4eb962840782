# Draws one noise vector and uses it for every row.
#
# fails sample_full_covariance-noise: "one eps shared across the batch"

# %% grade_id="sample_full_covariance"
def sample_full_covariance(mu, scale_tril):
    eps = torch.randn(mu.shape[-1], 1, dtype=mu.dtype, device=mu.device)
    return mu + (scale_tril @ eps).squeeze(-1)
