# %% exactly
# Knows where the optimum is, and takes no step.
def fit_posterior(x, y, noise_sigma, steps):
    precision = torch.eye(x.shape[1], dtype=x.dtype) + x.T @ x / noise_sigma**2
    return torch.linalg.solve(precision, x.T @ y) / noise_sigma**2, -torch.log(precision.diagonal())


# %% with_decay
# Starts small and lowers its learning rate.
def fit_posterior(x, y, noise_sigma, steps):
    mu = torch.randn(x.shape[1], dtype=x.dtype).mul(0.1).requires_grad_()
    logvar = torch.full_like(mu, -2).detach().requires_grad_()
    optimizer = torch.optim.Adam([mu, logvar], lr=0.05)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, max(steps, 1))
    for _ in range(steps):
        optimizer.zero_grad()
        bayes_elbo(x, y, mu, logvar, noise_sigma, 16).neg().backward()
        optimizer.step()
        schedule.step()
    return mu.detach(), logvar.detach()
