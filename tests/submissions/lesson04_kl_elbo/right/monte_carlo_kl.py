# %% by_distributions
# Uses rsample and log_prob.
def monte_carlo_kl(mu, logvar, n):
    q = torch.distributions.Normal(mu, torch.exp(logvar / 2))
    p = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    z = q.rsample((n,))
    return (q.log_prob(z) - p.log_prob(z)).sum(-1).mean(0)


# %% half
# Knows the entropy of q, and draws for log p alone.
def monte_carlo_kl(mu, logvar, n):
    z = mu + torch.exp(logvar / 2) * torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    return (0.5 * z**2 - 0.5 - 0.5 * logvar).sum(-1).mean(0)


# %% in_a_loop
# Draws one by one.
def monte_carlo_kl(mu, logvar, n):
    total = 0
    for _ in range(n):
        eps = torch.randn_like(mu)
        z = mu + torch.exp(0.5 * logvar) * eps
        total = total + (-0.5 * eps**2 - 0.5 * logvar + 0.5 * z**2).sum(-1)
    return total / n


# %% sticking
# Holds the parameters inside log q.
def monte_carlo_kl(mu, logvar, n):
    z = mu + torch.exp(logvar / 2) * torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    m, v = mu.detach(), logvar.detach()
    log_q = -0.5 * ((z - m) ** 2 / v.exp() + v)
    return (log_q + 0.5 * z**2).sum(-1).mean(0)


# %% antithetic
# Draws in pairs of opposite noise, and one draw more if n is odd.
def monte_carlo_kl(mu, logvar, n):
    half = torch.randn((n + 1) // 2, *mu.shape, dtype=mu.dtype, device=mu.device)
    eps = torch.cat([half, -half])[:n]
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)


# %% noise_of_numpy
# Draws with NumPy's generator.
import numpy as np

rng = np.random.default_rng()


def monte_carlo_kl(mu, logvar, n):
    eps = torch.from_numpy(rng.standard_normal((n, *mu.shape))).to(mu)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)
