# Adds the noise without scaling it.
#
# fails sample_full_covariance-values: "scale_tril has no effect"
# fails sample_full_covariance-gradients: "scale_tril has no effect"

# %% grade_id="sample_full_covariance"
def sample_full_covariance(mu, scale_tril):
    return mu + torch.randn_like(mu)
