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


# %% factor_of_the_covariance
# Takes the factor of the covariance, which is the factor that came in.
def sample_full_covariance(mu, scale_tril):
    factor = torch.linalg.cholesky(scale_tril @ scale_tril.mT)
    return mu + (factor @ torch.randn_like(mu)[..., None])[..., 0]


# %% lower_triangle
# Takes the lower triangle, and multiplies element by element before it sums.
def sample_full_covariance(mu, scale_tril):
    return mu + (torch.tril(scale_tril) * torch.randn_like(mu)[:, None, :]).sum(-1)
