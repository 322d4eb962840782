# %% stratified
# Draws once from each of n strips of equal probability.
# fails draws: "the noise repeats along the draws"
def monte_carlo(f, mu, sigma, n):
    u = (torch.arange(n, dtype=torch.float64) + torch.rand(n, dtype=torch.float64)) / n
    return f(mu + sigma * torch.special.ndtri(u)).mean()


# %% grid
# Takes the same quantiles at every call.
# fails draws: "the noise repeats along the draws"
def monte_carlo(f, mu, sigma, n):
    u = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    return f(mu + sigma * torch.special.ndtri(u)).mean()


# %% mirrored
# fails draws: "draws half the length apart have correlation"
def monte_carlo(f, mu, sigma, n):
    eps = torch.randn((n + 1) // 2, dtype=torch.float64)
    return f(mu + sigma * torch.cat([eps, -eps])[:n]).mean()


# %% coin
# fails draws: "draws are repeated"
# fails spread: "has the wrong distribution"
# fails shape: "carry float32 noise"
def monte_carlo(f, mu, sigma, n):
    eps = 2.0 * torch.randint(2, (n,)).double() - 1
    return f(mu + sigma * eps).mean()


# %% uniform_of_variance_1
# fails spread: "has the wrong distribution"
def monte_carlo(f, mu, sigma, n):
    eps = (torch.rand(n, dtype=torch.float64) - 0.5) * math.sqrt(12)
    return f(mu + sigma * eps).mean()


# %% laplace
# fails spread: "has the wrong distribution"
def monte_carlo(f, mu, sigma, n):
    z = torch.distributions.Laplace(torch.as_tensor(mu, dtype=torch.float64), sigma).sample((n,))
    return f(z).mean()


# %% logistic
# fails spread: "has the wrong distribution"
def monte_carlo(f, mu, sigma, n):
    return f(mu + sigma * 0.5513 * torch.logit(torch.rand(n, dtype=torch.float64))).mean()


# %% clamped
# fails spread: "has the wrong distribution"
def monte_carlo(f, mu, sigma, n):
    return f(mu + sigma * torch.randn(n, dtype=torch.float64).clamp(-2, 2)).mean()


# %% a_tenth_too_wide
# fails spread: "has the wrong distribution"
def monte_carlo(f, mu, sigma, n):
    return f(mu + 1.1 * sigma * torch.randn(n, dtype=torch.float64)).mean()


# %% nearly_root_sigma
# fails spread: "has the wrong distribution"
def monte_carlo(f, mu, sigma, n):
    return f(mu + 1.1 * sigma**0.5 * torch.randn(n, dtype=torch.float64)).mean()


# %% fixed_scale
# fails spread: "has the wrong distribution"
def monte_carlo(f, mu, sigma, n):
    return f(mu + 4.0 * torch.randn(n, dtype=torch.float64)).mean()


# %% log_scale
# fails spread: "has the wrong distribution"
def monte_carlo(f, mu, sigma, n):
    return f(mu + torch.as_tensor(sigma).log() * torch.randn(n, dtype=torch.float64)).mean()


# %% absolute_mu
# fails spread: "has the wrong distribution"
def monte_carlo(f, mu, sigma, n):
    return f(abs(mu) + sigma * torch.randn(n, dtype=torch.float64)).mean()


# %% median
# fails estimate: "the estimate for n = "
def monte_carlo(f, mu, sigma, n):
    return f(mu + sigma * torch.randn(n, dtype=torch.float64)).median()


# %% absolute_value
# fails estimate: "the estimate for n = "
def monte_carlo(f, mu, sigma, n):
    return f(mu + sigma * torch.randn(n, dtype=torch.float64)).mean().abs()


# %% divided_by_n_minus_1
# fails estimate: "the estimate for n = "
def monte_carlo(f, mu, sigma, n):
    return f(mu + sigma * torch.randn(n, dtype=torch.float64)).sum() / max(n - 1, 1)


# %% f_of_median
# fails estimate: "f was not given the right number of draws"
def monte_carlo(f, mu, sigma, n):
    return f((mu + sigma * torch.randn(n, dtype=torch.float64)).median())


# %% f_of_largest
# fails estimate: "f was not given the right number of draws"
def monte_carlo(f, mu, sigma, n):
    return f((mu + sigma * torch.randn(n, dtype=torch.float64)).max())


# %% tries_f_first
# fails estimate: "f was not given the right number of draws"
def monte_carlo(f, mu, sigma, n):
    assert f(torch.zeros(1)).shape == (1,)
    return f(mu + sigma * torch.randn(n, dtype=torch.float64)).mean()


# %% an_integer
# fails shape: "the number 0"
# fails estimate: "the estimate for n = "
def monte_carlo(f, mu, sigma, n):
    f(mu + sigma * torch.randn(n, dtype=torch.float64))
    return 0


# %% running_means
# fails shape: "wrong shape"
# fails estimate: "not a single number"
def monte_carlo(f, mu, sigma, n):
    values = f(mu + sigma * torch.randn(n, dtype=torch.float64))
    return values.cumsum(0) / torch.arange(1, n + 1)


# %% half_precision
# fails shape: "carry float32 noise"
def monte_carlo(f, mu, sigma, n):
    eps = torch.randn(n, dtype=torch.float64).half().double()
    return f(mu + sigma * eps).mean()
