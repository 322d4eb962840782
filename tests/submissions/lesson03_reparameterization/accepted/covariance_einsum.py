# Sums over the second index of the factor.

# %% grade_id="sample_full_covariance"
def sample_full_covariance(mu, scale_tril):
    return mu + torch.einsum("bij,bj->bi", scale_tril, torch.randn_like(mu))
