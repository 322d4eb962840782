# %% chunks
# Averages over chunks of unequal size.
def monte_carlo(f, mu, sigma, n):
    total, done = torch.zeros((), dtype=torch.float64), 0
    while done < n:
        size = min(97, n - done)
        total = total + f(torch.randn(size, dtype=torch.float64).mul(sigma).add(mu)).sum()
        done += size
    return total / n


# %% distributions
# Uses torch.distributions.
def monte_carlo(f, mu, sigma, n):
    mu, sigma = (torch.as_tensor(value, dtype=torch.float64) for value in (mu, sigma))
    return torch.mean(f(torch.distributions.Normal(mu, sigma).sample((n,))))


# %% inverse_cdf
# Makes normal noise from uniform noise.
def monte_carlo(f, mu, sigma, n):
    u = torch.rand(n, dtype=torch.float64).clamp_min(1e-300)
    return f(mu + sigma * torch.special.ndtri(u)).mean(dim=0)


# %% loop
# Draws in a loop, a number at a time.
def monte_carlo(f, mu, sigma, n):
    total = torch.zeros((), dtype=torch.float64)
    for _ in range(n):
        total += f(mu + sigma * torch.randn((), dtype=torch.float64))
    return total / n


# %% torch_normal
# Uses torch.normal, one row with n columns.
def monte_carlo(f, mu, sigma, n):
    z = torch.normal(float(mu), float(sigma), (1, n), dtype=torch.float64)
    return f(z).sum() / n


# %% numpy_noise
def monte_carlo(f, mu, sigma, n):
    import numpy as np

    z = np.random.default_rng().normal(float(mu), float(sigma), n)
    return f(torch.from_numpy(z)).mean()


# %% vmap
# Maps f over the draws.
def monte_carlo(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return torch.func.vmap(f)(z).mean()


# %% recursion
# Halves the work until it is small.
def monte_carlo(f, mu, sigma, n):
    def total(k):
        if k == 0:
            return torch.zeros((), dtype=torch.float64)
        if k <= 64:
            return f(mu + sigma * torch.randn(k, dtype=torch.float64)).sum()
        return total(k // 2) + total(k - k // 2)

    return total(n) / n
