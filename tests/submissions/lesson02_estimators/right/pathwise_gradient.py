# %% by_slope
# Asks autograd for the slope of f, and applies the chain rule by hand.
def pathwise_gradient(f, mu, sigma, n):
    eps = torch.randn(n, dtype=torch.float64)
    z = (mu + sigma * eps).requires_grad_()
    values = f(z)
    slope = torch.autograd.grad(values.sum(), z)[0] if values.requires_grad else torch.zeros_like(z)
    return torch.stack([slope, slope * eps], dim=1)


# %% forward_mode
# Sends a tangent forward through f.
def pathwise_gradient(f, mu, sigma, n):
    eps = torch.randn(n, dtype=torch.float64)
    theta = torch.tensor([float(mu), float(sigma)], dtype=torch.float64)
    return torch.func.jacfwd(lambda t: f(t[0] + t[1] * eps))(theta)


# %% jacobian
# Takes the Jacobian of all values in the two parameters.
def pathwise_gradient(f, mu, sigma, n):
    eps = torch.randn(n, dtype=torch.float64)
    theta = torch.tensor([float(mu), float(sigma)], dtype=torch.float64)
    return torch.autograd.functional.jacobian(lambda t: f(t[0] + t[1] * eps), theta)


# %% one_by_one
# Goes backward once for each draw.
def pathwise_gradient(f, mu, sigma, n):
    rows = torch.zeros(n, 2, dtype=torch.float64)
    for row in rows:
        theta = torch.tensor([float(mu), float(sigma)], dtype=torch.float64, requires_grad=True)
        value = f(theta[0] + theta[1] * torch.randn((), dtype=torch.float64))
        if value.requires_grad:
            value.backward()
            row.copy_(theta.grad)
    return rows


# %% row_by_row_of_one_graph
# Keeps one graph and goes backward from each value.
def pathwise_gradient(f, mu, sigma, n):
    theta = torch.tensor([float(mu), float(sigma)], dtype=torch.float64, requires_grad=True)
    values = f(theta[0] + theta[1] * torch.randn(n, dtype=torch.float64))
    if values.grad_fn is None:
        return torch.zeros((n, 2), dtype=torch.float64)
    return torch.stack([torch.autograd.grad(value, theta, retain_graph=True)[0] for value in values])


# %% rsample
# Uses rsample of torch.distributions and backward().
def pathwise_gradient(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(torch.distributions.Normal(mus, sigmas).rsample())
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    values.sum().backward()
    return torch.stack((mus.grad, sigmas.grad), dim=1)


# %% vmap_of_grad
# Maps the gradient of one draw over all draws.
def pathwise_gradient(f, mu, sigma, n):
    eps = torch.randn(n, dtype=torch.float64)
    theta = torch.stack([torch.as_tensor(mu).double(), torch.as_tensor(sigma).double()])
    of_one = torch.func.grad(lambda t, e: f(t[0] + t[1] * e))
    return torch.vmap(of_one, in_dims=(None, 0))(theta, eps)


# %% try_except
# Lets autograd refuse.
def pathwise_gradient(f, mu, sigma, n):
    m = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    s = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    y = f(m + s * torch.randn(n, dtype=torch.float64))
    try:
        return torch.stack(torch.autograd.grad(y.sum(), (m, s)), dim=1)
    except RuntimeError:
        return torch.zeros((n, 2), dtype=torch.float64)


# %% hook
# Takes the slope where it passes.
def pathwise_gradient(f, mu, sigma, n):
    out = torch.zeros(n, 2, dtype=torch.float64)
    eps = torch.randn(n, dtype=torch.float64)
    z = (mu + sigma * eps).clone().requires_grad_()

    def save(g):
        out[:, 0] = g
        out[:, 1] = g * eps

    z.register_hook(save)
    y = f(z)
    if y.requires_grad:
        y.sum().backward()
    return out


# %% create_graph
# Keeps a graph behind the gradient.
def pathwise_gradient(f, mu, sigma, n):
    m = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    s = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    y = f(m + s * torch.randn(n, dtype=torch.float64))
    if not y.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(y.sum(), (m, s), create_graph=True), dim=1)
