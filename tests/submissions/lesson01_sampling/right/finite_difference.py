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


# %% fork_rng
# Comes back to the random state by a fork.
def finite_difference(f, mu, sigma, n, h, common_noise):
    def side(where):
        return monte_carlo(f, where, sigma, n)

    if common_noise:
        with torch.random.fork_rng():
            up = side(mu + h)
        down = side(mu - h)
    else:
        up, down = side(mu + h), side(mu - h)
    return (up - down) / (2 * h)


# %% einsum_weights
# Weighs all values at once.
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps.clone() if common_noise else torch.empty_like(eps).normal_()
    z = torch.cat([mu + h + sigma * eps, mu - h + sigma * other])
    w = torch.cat([torch.ones(n), -torch.ones(n)]).double() / (2 * h * n)
    return torch.einsum("i,i->", w, f(z))


# %% vmap_two_sides
# Maps one side's mean over both sides.
def finite_difference(f, mu, sigma, n, h, common_noise):
    a = torch.randn(n, dtype=torch.float64)
    b = a if common_noise else torch.randn(n, dtype=torch.float64)
    z = torch.stack([mu + h + sigma * a, mu - h + sigma * b])
    up, down = torch.func.vmap(lambda row: f(row).mean())(z)
    return (up - down) / (2 * h)
