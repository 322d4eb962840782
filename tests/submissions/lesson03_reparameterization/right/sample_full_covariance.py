# %% einsum
# Sums over the second index of the factor.
def sample_full_covariance(mu, scale_tril):
    return mu + torch.einsum("bij,bj->bi", scale_tril, torch.randn_like(mu))


# %% loop_over_rows
# Multiplies row by row.
def sample_full_covariance(mu, scale_tril):
    rows = [m + factor @ torch.randn_like(m) for m, factor in zip(mu, scale_tril)]
    return torch.stack(rows)


# %% rsample
# Uses torch.distributions.
def sample_full_covariance(mu, scale_tril):
    return torch.distributions.MultivariateNormal(mu, scale_tril=scale_tril).rsample()
