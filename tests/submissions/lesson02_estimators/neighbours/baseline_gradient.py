# %% mean_less_the_own
# Subtracts the own value from the mean of all, and all that from f.
# fails mu: "the mu column is wrong"
# fails sigma: "the sigma column is wrong"
# fails constant: "the result for f = 100 is wrong"
def baseline_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    baseline = values.mean() - values
    return (values - baseline)[:, None] * torch.stack(normal_score(z, mu, sigma), 1)


# %% of_earlier_draws
# fails mu: "the mu column is wrong"
# fails sigma: "the sigma column is wrong"
# fails constant: "the result for f = 100 is wrong"
def baseline_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    baseline = torch.zeros(n, dtype=torch.float64)
    for i in range(1, n):
        baseline[i] = values[:i].mean()
    return (values - baseline)[:, None] * torch.stack(normal_score(z, mu, sigma), 1)


# %% median_of_the_others
# fails mu: "the mu column is wrong"
# fails sigma: "the sigma column is wrong"
def baseline_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    baseline = torch.stack([torch.cat([values[:i], values[i + 1 :]]).median() for i in range(n)])
    return (values - baseline)[:, None] * torch.stack(normal_score(z, mu, sigma), 1)


# %% tries_f_first
# fails mu: "4 different values of z"
# fails sigma: "4 different values of z"
# fails draws: "200 different values of z"
def baseline_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values, _ = f(z), f(torch.zeros(1))
    baseline = (values.sum() - values) / (n - 1)
    return (values - baseline)[:, None] * torch.stack(normal_score(z, mu, sigma), 1)


# %% fixed_baseline
# fails mu: "the mu column is wrong"
# fails sigma: "the sigma column is wrong"
def baseline_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return (f(z) - f(z[:1]))[:, None] * torch.stack(normal_score(z, mu, sigma), 1)
