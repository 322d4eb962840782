# Uses torch.distributions.

# %% grade_id="sample_full_covariance"
def sample_full_covariance(mu, scale_tril):
    return torch.distributions.MultivariateNormal(mu, scale_tril=scale_tril).rsample()
