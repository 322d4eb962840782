# %% loop
# Leaves out one draw at a time, and asks f again for the others.
def baseline_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    rows = []
    for i in range(n):
        others = torch.cat([z[:i], z[i + 1 :]])
        advantage = f(others).mean() - f(z[i])
        rows.append(torch.stack([-advantage * part for part in normal_score(z[i], mu, sigma)]))
    return torch.stack(rows)


# %% matrix
# Averages the others with a matrix that has zeros on its diagonal.
def baseline_gradient(f, mu, sigma, n):
    z = torch.distributions.Normal(torch.full((), float(mu)).double(), float(sigma)).sample([n])
    values = f(z[:, None])
    others = (1 - torch.eye(n, dtype=torch.float64)) / (n - 1)
    return (values - others @ values) * torch.stack(normal_score(z, mu, sigma), dim=1)


# %% pairs
# Averages differences over all pairs.
def baseline_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return ((values[:, None] - values).sum(dim=1) / (n - 1))[:, None] * score


# %% rescaled
# Subtracts the mean of all and stretches by n / (n - 1).
def baseline_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return n / (n - 1) * (values - values.mean()).unsqueeze(1) * score


# %% cumsum
# Sums what comes before and after.
def baseline_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    v = f(z)
    zero = v.new_zeros(1)
    before = torch.cat([zero, v.cumsum(0)[:-1]])
    after = torch.cat([v.flip(0).cumsum(0)[:-1].flip(0), zero])
    b = (before + after) / (n - 1)
    return torch.stack([(v - b) * s for s in normal_score(z, mu, sigma)], dim=-1)
