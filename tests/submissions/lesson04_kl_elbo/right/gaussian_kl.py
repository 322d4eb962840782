# %% by_distributions
# Asks torch.distributions.
def gaussian_kl(mu, logvar):
    q = torch.distributions.Normal(mu, torch.exp(logvar / 2))
    p = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return torch.distributions.kl_divergence(q, p).sum(-1)


# %% by_loop
# Adds the latents one by one, with expm1.
def gaussian_kl(mu, logvar):
    total = torch.zeros_like(mu[:, 0])
    for j in range(mu.shape[1]):
        total = total + (mu[:, j] ** 2 + torch.expm1(logvar[:, j]) - logvar[:, j]) / 2
    return total


# %% textbook
# The line of the paper: -1/2 sum(1 + logvar - mu^2 - exp(logvar)).
def gaussian_kl(mu, logvar):
    return -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1)


# %% multivariate
# Asks for the KL of two normal distributions with full covariances.
def gaussian_kl(mu, logvar):
    D = torch.distributions
    eye = torch.eye(mu.shape[-1], dtype=mu.dtype, device=mu.device).expand(len(mu), -1, -1)
    q = D.MultivariateNormal(mu, covariance_matrix=torch.diag_embed(logvar.exp()))
    return D.kl_divergence(q, D.MultivariateNormal(torch.zeros_like(mu), covariance_matrix=eye))


# %% scripted
@torch.jit.script
def gaussian_kl(mu: Tensor, logvar: Tensor) -> Tensor:
    return 0.5 * (mu.pow(2) + logvar.exp() - 1 - logvar).sum(dim=-1)


# %% series
# Near the prior, where e^v - 1 - v cancels, a series in its place.
def gaussian_kl(mu, logvar):
    series = logvar**2 * (1 / 2 + logvar * (1 / 6 + logvar * (1 / 24 + logvar / 120)))
    excess = torch.where(logvar.abs() < 0.1, series, torch.expm1(logvar) - logvar)
    return 0.5 * (mu**2 + excess).sum(-1)


# %% in_double
# More digits inside, and the dtype of the input outside.
def gaussian_kl(mu, logvar):
    m, v = mu.double(), logvar.double()
    return (0.5 * (m**2 + torch.expm1(v) - v).sum(-1)).to(mu.dtype)
