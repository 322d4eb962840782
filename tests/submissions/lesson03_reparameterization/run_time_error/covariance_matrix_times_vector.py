# Multiplies matrices and vectors whose shapes do not fit.
#
# fails sample_full_covariance-shape: "RuntimeError"
# fails sample_full_covariance-values: "RuntimeError"
# fails sample_full_covariance-noise: "RuntimeError"
# fails sample_full_covariance-gradients: "RuntimeError"

# %% grade_id="sample_full_covariance"
def sample_full_covariance(mu, scale_tril):
    return mu + scale_tril @ torch.randn_like(mu)
