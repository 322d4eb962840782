# Keeps one graph and goes backward from each value.

# %% grade_id="pathwise_gradient"
def pathwise_gradient(f, mu, sigma, n):
    theta = torch.tensor([float(mu), float(sigma)], dtype=torch.float64, requires_grad=True)
    values = f(theta[0] + theta[1] * torch.randn(n, dtype=torch.float64))
    if values.grad_fn is None:
        return torch.zeros((n, 2), dtype=torch.float64)
    return torch.stack([torch.autograd.grad(value, theta, retain_graph=True)[0] for value in values])
