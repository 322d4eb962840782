# %% exactly
# Knows where the optimum is, and takes no step.
def fit_posterior(x, y, noise_sigma, steps):
    precision = torch.eye(x.shape[1], dtype=x.dtype, device=x.device) + x.T @ x / noise_sigma**2
    return torch.linalg.solve(precision, x.T @ y) / noise_sigma**2, -torch.log(precision.diagonal())


# %% with_decay
# Starts small and lowers its learning rate.
def fit_posterior(x, y, noise_sigma, steps):
    mu = torch.randn(x.shape[1], dtype=x.dtype, device=x.device).mul(0.1).requires_grad_()
    logvar = torch.full_like(mu, -2).detach().requires_grad_()
    optimizer = torch.optim.Adam([mu, logvar], lr=0.05)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, max(steps, 1))
    for _ in range(steps):
        optimizer.zero_grad()
        bayes_elbo(x, y, mu, logvar, noise_sigma, 16).neg().backward()
        optimizer.step()
        schedule.step()
    return mu.detach(), logvar.detach()


# %% by_hand
# Writes Adam and the gradients of the exact ELBO by hand.
def fit_posterior(x, y, noise_sigma, steps):
    d = x.shape[1]
    at, first, second = (torch.zeros(2 * d, dtype=x.dtype, device=x.device) for _ in range(3))
    precision, slope = torch.eye(d, dtype=x.dtype, device=x.device) + x.T @ x / noise_sigma**2, x.T @ y / noise_sigma**2
    for t in range(1, steps + 1):
        g = torch.cat([precision @ at[:d] - slope, 0.5 * (precision.diagonal() * at[d:].exp() - 1)])
        first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g**2
        at = at - 0.03 * (first / (1 - 0.9**t)) / ((second / (1 - 0.999**t)).sqrt() + 1e-8)
    return at[:d], at[d:]


# %% still_attached
# Returns the parameters themselves.
def fit_posterior(x, y, noise_sigma, steps):
    mu = torch.zeros(x.shape[1], dtype=x.dtype, device=x.device, requires_grad=True)
    logvar = torch.zeros_like(mu).requires_grad_()
    optimizer = torch.optim.Adam([mu, logvar], 0.03)
    for _ in range(steps):
        optimizer.zero_grad()
        w = mu + torch.exp(logvar / 2) * torch.randn(32, x.shape[1], dtype=x.dtype, device=x.device)
        errors = 0.5 * ((y - w @ x.T) / noise_sigma).square().sum(1).mean()
        (errors + 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()).backward()
        optimizer.step()
    return mu, logvar
