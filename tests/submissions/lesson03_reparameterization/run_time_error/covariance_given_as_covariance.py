# Gives the factor to torch.distributions as if it were the covariance.
#
# fails sample_full_covariance-shape: "covariance_matrix"
# fails sample_full_covariance-values: "covariance_matrix"
# fails sample_full_covariance-gradients: "covariance_matrix"

# %% grade_id="sample_full_covariance"
def sample_full_covariance(mu, scale_tril):
    return torch.distributions.MultivariateNormal(mu, scale_tril).rsample()
