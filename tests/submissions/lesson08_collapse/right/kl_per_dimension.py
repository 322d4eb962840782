# %% by_distributions
def kl_per_dimension(mu, logvar):
    q = torch.distributions.Normal(mu, torch.exp(logvar / 2))
    p = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return torch.distributions.kl_divergence(q, p).mean(0)


# %% loop
# One latent at a time.
def kl_per_dimension(mu, logvar):
    prices = []
    for d in range(mu.shape[1]):
        m, v = mu[:, d], logvar[:, d]
        prices.append(0.5 * (m**2 + torch.exp(v) - 1 - v).sum() / len(m))
    return torch.stack(prices)


# %% einsum
def kl_per_dimension(mu, logvar):
    each = 0.5 * (mu * mu + torch.expm1(logvar) - logvar)
    return torch.einsum("bd->d", each) / mu.size(0)


# %% float64
# Computes in float64 and goes back.
def kl_per_dimension(mu, logvar):
    m, v = mu.double(), logvar.double()
    return (-0.5 * (1 + v - m.square() - v.exp())).mean(dim=0).to(mu.dtype)


# %% transposed
# Sums over the last dimension of the transpose.
def kl_per_dimension(mu, logvar):
    m, v = mu.T, logvar.T
    return (m.pow(2) + v.exp() - v - 1).sum(-1) / (2 * m.shape[-1])


# %% of_means
# Takes the means of the parts: the formula is linear in them.
def kl_per_dimension(mu, logvar):
    square, variance, log = (part.mean(0) for part in (mu**2, logvar.exp(), logvar))
    return (square + variance - 1 - log) / 2
