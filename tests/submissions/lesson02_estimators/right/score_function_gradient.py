# %% f_called_twice
# Asks f for its values once for each column, at the same draws.
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    in_mu, in_sigma = normal_score(z, mu, sigma)
    return torch.column_stack([f(z) * in_mu, f(z) * in_sigma])


# %% numpy_noise
# Draws with NumPy, by the inverse of the distribution function.
def score_function_gradient(f, mu, sigma, n):
    import numpy as np

    uniform = torch.from_numpy(np.random.random(n)).clamp_min(1e-300)
    z = torch.distributions.Normal(float(mu), float(sigma)).icdf(uniform)
    return torch.einsum("i,ic->ic", f(z), torch.stack(normal_score(z, mu, sigma), dim=1))


# %% one_by_one
# Makes one row at a time, from single numbers.
def score_function_gradient(f, mu, sigma, n):
    rows = []
    for _ in range(n):
        z = torch.normal(torch.tensor(float(mu)).double(), torch.tensor(float(sigma)).double())
        rows.append(torch.stack([f(z) * part for part in normal_score(z, mu, sigma)]))
    return torch.stack(rows)


# %% surrogate_loss
# Differentiates f(z) log q(z) with z held fixed, a copy of mu and sigma for each draw.
def score_function_gradient(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    q = torch.distributions.Normal(mus, sigmas)
    z = q.sample()
    surrogate = f(z).detach() * q.log_prob(z)
    return torch.stack(torch.autograd.grad(surrogate.sum(), [mus, sigmas]), dim=-1)


# %% einsum_dist
def score_function_gradient(f, mu, sigma, n):
    q = torch.distributions.Normal(
        torch.as_tensor(mu, dtype=torch.float64), torch.as_tensor(sigma, dtype=torch.float64)
    )
    z = q.sample((n,))
    e = (z - q.loc) / q.scale
    return torch.einsum("n,nk->nk", f(z), torch.stack([e, e * e - 1], -1) / q.scale)


# %% empty_filled
# Fills the rows one by one.
def score_function_gradient(f, mu, sigma, n):
    out = torch.empty(n, 2, dtype=torch.float64)
    for i in range(n):
        z = mu + sigma * torch.randn((), dtype=torch.float64)
        v = f(z)
        a, b = normal_score(z, mu, sigma)
        out[i, 0], out[i, 1] = v * a, v * b
    return out
