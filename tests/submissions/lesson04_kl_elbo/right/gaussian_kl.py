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
