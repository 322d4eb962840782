# Draws the noise in float32, whatever the inputs are.
#
# fails sample_full_covariance-shape: "randn(shape) draws in float32"

# %% grade_id="sample_full_covariance"
def sample_full_covariance(mu, scale_tril):
    eps = torch.randn(*mu.shape, 1, device=mu.device).to(mu.dtype)
    return mu + (scale_tril @ eps).squeeze(-1)
