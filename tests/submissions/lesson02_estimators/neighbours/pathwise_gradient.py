# %% eps_squared
# fails sigma: "the sigma column is wrong"
def pathwise_gradient(f, mu, sigma, n):
    eps = torch.randn(n, dtype=torch.float64)
    z = (mu + sigma * eps).requires_grad_()
    values = f(z)
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    (slope,) = torch.autograd.grad(values.sum(), z)
    return torch.stack([slope, slope * eps**2], 1)


# %% mean_for_all
# fails shape: "wrong shape"
# fails mu: "wrong shape"
# fails sigma: "wrong shape"
def pathwise_gradient(f, mu, sigma, n):
    mu = torch.tensor(float(mu), dtype=torch.float64, requires_grad=True)
    sigma = torch.tensor(float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mu + sigma * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.mean(), (mu, sigma)))


# %% zeros_always
# Forgets that the graph may be there.
# fails mu: path_cut
# fails sigma: path_cut
def pathwise_gradient(f, mu, sigma, n):
    f(mu + sigma * torch.randn(n, dtype=torch.float64))
    return torch.zeros(n, 2, dtype=torch.float64)


# %% moves_mu
# fails shape: in_place
def pathwise_gradient(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * torch.randn(n, dtype=torch.float64))
    if isinstance(mu, Tensor):
        mu += 1
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.sum(), (mus, sigmas)), dim=1)


# %% slope_at_other_draws
# fails mu: "5 different values of z"
# fails sigma: "5 different values of z"
# fails draws: "200 different values of z"
def pathwise_gradient(f, mu, sigma, n):
    f(mu + sigma * torch.randn(n, dtype=torch.float64))
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.sum(), (mus, sigmas)), dim=1)


# %% sigma_twice
# fails mu: "the mu column is wrong"
def pathwise_gradient(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    in_sigma = torch.autograd.grad(values.sum(), sigmas)[0]
    return torch.stack([in_sigma, in_sigma], dim=1)
