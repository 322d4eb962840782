# %% h_times_sigma
# fails central: "and almost no noise"
# fails noise: "has the wrong distribution"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    return (f(mu + sigma * (eps + h)).mean() - f(mu + sigma * (other - h)).mean()) / (2 * h)


# %% h_in_sigma
# fails central: "and almost no noise"
# fails common: "the draws stand on no two sides"
# fails fresh: "the draws stand on no two sides"
# fails noise: "the draws stand on no two sides"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    return (f(mu + (sigma + h) * eps).mean() - f(mu + (sigma - h) * other).mean()) / (2 * h)


# %% relative_h
# fails central: "and almost no noise"
# fails noise: "has the wrong distribution"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    up, down = f(mu * (1 + h) + sigma * eps).mean(), f(mu * (1 - h) + sigma * other).mean()
    return (up - down) / (2 * h * mu)


# %% h_added_to_f
# fails central: "and almost no noise"
# fails common: "the draws stand on no two sides"
# fails fresh: "the draws stand on no two sides"
# fails noise: "the draws stand on no two sides"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    return (f(mu + sigma * eps) + h - f(mu + sigma * other) + h).mean() / (2 * h)


# %% logarithms
# fails central: "and almost no noise"
# fails shape: float32_result
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right, left = f(mu + h + sigma * eps).mean(), f(mu - h + sigma * other).mean()
    return torch.log(right.float() / left.float()) / (2 * h)


# %% mirrored_when_common
# Gives the left side the mirror image of the noise.
# fails common: "the two sides do not share their noise"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = -eps if common_noise else torch.randn(n, dtype=torch.float64)
    return (f(mu + h + sigma * eps).mean() - f(mu - h + sigma * other).mean()) / (2 * h)


# %% half_fresh_when_common
# fails common: "the two sides do not share their noise"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps, other = torch.randn(2, n, dtype=torch.float64)
    if common_noise:
        other[: n // 2] = eps[: n // 2]
    return (f(mu + h + sigma * eps).mean() - f(mu - h + sigma * other).mean()) / (2 * h)


# %% mirrored_when_fresh
# fails fresh: "depends on the other's"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else -eps
    return (f(mu + h + sigma * eps).mean() - f(mu - h + sigma * other).mean()) / (2 * h)


# %% left_too_wide
# fails common: "the two sides do not share their noise"
# fails noise: "has the wrong distribution"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    return (f(mu + h + sigma * eps).mean() - f(mu - h + 1.2 * sigma * other).mean()) / (2 * h)


# %% right_too_wide_when_fresh
# fails noise: "has the wrong distribution"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    width = 1 if common_noise else 1.2
    return (f(mu + h + width * sigma * eps).mean() - f(mu - h + sigma * other).mean()) / (2 * h)


# %% divided_by_4h
# fails central: "and almost no noise"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    return (f(mu + h + sigma * eps).mean() - f(mu - h + sigma * other).mean()) / (4 * h)


# %% one_side_by_n
# Averages the left side over all 2 n.
# fails central: "and almost no noise"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    return (f(mu + h + sigma * eps).mean() - f(mu - h + sigma * other).sum() / (2 * n)) / (2 * h)


# %% seeded_where_common
# fails noise: fixed_seed
def finite_difference(f, mu, sigma, n, h, common_noise):
    if common_noise:
        torch.manual_seed(0)
    right = monte_carlo(f, mu + h, sigma, n)
    if common_noise:
        torch.manual_seed(0)
    return (right - monte_carlo(f, mu - h, sigma, n)) / (2 * h)


# %% one_draw_a_side
# fails central: one_number
# fails common: one_number
# fails fresh: one_number
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn((), dtype=torch.float64)
    other = eps if common_noise else torch.randn((), dtype=torch.float64)
    return (f(mu + h + sigma * eps) - f(mu - h + sigma * other)) / (2 * h)
