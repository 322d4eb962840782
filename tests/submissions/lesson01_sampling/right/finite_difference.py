# %% fresh_seed
# Shares the noise by a seed that is drawn anew.
def finite_difference(f, mu, sigma, n, h, common_noise):
    seeds = torch.randint(2**60, (2,)).tolist()
    noise = [torch.randn(n, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    right, left = noise[0], noise[0 if common_noise else 1]
    right, left = f(mu + sigma * right + h), f(mu + sigma * left - h)
    return (right.mean() - left.mean()) / h / 2


# %% loop
# Adds up pair by pair.
def finite_difference(f, mu, sigma, n, h, common_noise):
    total = torch.zeros((), dtype=torch.float64)
    for _ in range(n):
        eps = torch.randn((), dtype=torch.float64)
        other = eps if common_noise else torch.randn((), dtype=torch.float64)
        total += f(mu - h + sigma * other) - f(mu + h + sigma * eps)
    return -total / (n * 2 * h)


# %% one_call
# Calls f once, with both sides stacked.
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(1 if common_noise else 2, n, dtype=torch.float64)
    centres = torch.stack([torch.as_tensor(mu, dtype=torch.float64) - h, torch.as_tensor(mu, dtype=torch.float64) + h])[
        :, None
    ]
    left, right = f(centres + sigma * eps).mean(dim=1)
    return (right - left) / (2 * h)


# %% paired
# Averages the slopes of the pairs.
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    return torch.mean((f(mu + h + sigma * eps) - f(mu - h + sigma * other)) / (2 * h))


# %% random_state
# Shares the noise by going back to an earlier random state.
def finite_difference(f, mu, sigma, n, h, common_noise):
    state = torch.get_rng_state()
    right = monte_carlo(f, mu + h, sigma, n)
    if common_noise:
        torch.set_rng_state(state)
    return (right - monte_carlo(f, mu - h, sigma, n)) / (2 * h)
