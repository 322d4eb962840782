# Multiplies element by element and sums nothing.
#
# fails sample_full_covariance-shape: "multiplies element by element and sums nothing"
# fails sample_full_covariance-values: "wrong shape"
# fails sample_full_covariance-noise: "wrong shape"
# fails sample_full_covariance-gradients: "wrong shape"

# %% grade_id="sample_full_covariance"
def sample_full_covariance(mu, scale_tril):
    eps = torch.randn_like(mu)
    return mu.unsqueeze(-1) + scale_tril * eps.unsqueeze(-1)
