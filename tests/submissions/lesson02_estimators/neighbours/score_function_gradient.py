# %% tries_f_first
# fails mu: "5 different values of z"
# fails sigma: "5 different values of z"
# fails draws: "200 different values of z"
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    assert f(z).shape == z.shape and f(torch.zeros(1)).shape == (1,)
    return f(z)[:, None] * torch.stack(normal_score(z, mu, sigma), 1)


# %% tries_f_at_other_draws
# fails mu: "5 different values of z"
# fails sigma: "5 different values of z"
# fails draws: "200 different values of z"
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    f(mu + sigma * torch.randn(n, dtype=torch.float64))
    return f(z)[:, None] * torch.stack(normal_score(z, mu, sigma), 1)


# %% student_noise
# fails draws: "wrong distribution"
def score_function_gradient(f, mu, sigma, n):
    eps = torch.distributions.StudentT(torch.tensor(3.0, dtype=torch.float64)).sample((n,))
    z = mu + sigma * eps
    return f(z)[:, None] * torch.stack(normal_score(z, mu, sigma), 1)


# %% a_tenth_too_wide
# fails draws: "wrong distribution"
def score_function_gradient(f, mu, sigma, n):
    z = mu + 1.1 * sigma * torch.randn(n, dtype=torch.float64)
    return f(z)[:, None] * torch.stack(normal_score(z, mu, sigma), 1)


# %% absolute_mu
# fails mu: at_others
# fails sigma: at_others
# fails draws: "wrong distribution"
def score_function_gradient(f, mu, sigma, n):
    z = abs(mu) + sigma * torch.randn(n, dtype=torch.float64)
    return f(z)[:, None] * torch.stack(normal_score(z, abs(mu), sigma), 1)


# %% mirrored
# fails draws: "rows half the length apart"
def score_function_gradient(f, mu, sigma, n):
    eps = torch.randn((n + 1) // 2, dtype=torch.float64)
    z = mu + sigma * torch.cat([eps, -eps])[:n]
    return f(z)[:, None] * torch.stack(normal_score(z, mu, sigma), 1)


# %% quantiles
# Takes the same quantiles at every call.
# fails draws: "repeats along the rows"
def score_function_gradient(f, mu, sigma, n):
    u = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    z = mu + sigma * torch.special.ndtri(u)
    return f(z)[:, None] * torch.stack(normal_score(z, mu, sigma), 1)


# %% summed_for_all
# fails shape: "wrong shape"
# fails mu: "wrong shape"
# fails sigma: "wrong shape"
# fails constant: "wrong shape"
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return (f(z)[:, None] * torch.stack(normal_score(z, mu, sigma), 1)).sum(dim=0)


# %% sigma_alone
# fails shape: "wrong shape"
# fails mu: "wrong shape"
# fails sigma: "wrong shape"
# fails constant: "wrong shape"
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return f(z) * normal_score(z, mu, sigma)[1]


# %% rows_rolled
# fails mu: at_others
# fails sigma: at_others
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return f(z)[:, None] * torch.stack(normal_score(z.roll(1), mu, sigma), 1)
