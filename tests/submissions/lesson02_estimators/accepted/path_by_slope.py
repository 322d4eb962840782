# Asks autograd for the slope of f, and applies the chain rule by hand.

# %% grade_id="pathwise_gradient"
def pathwise_gradient(f, mu, sigma, n):
    eps = torch.randn(n, dtype=torch.float64)
    z = (mu + sigma * eps).requires_grad_()
    values = f(z)
    slope = torch.autograd.grad(values.sum(), z)[0] if values.requires_grad else torch.zeros_like(z)
    return torch.stack([slope, slope * eps], dim=1)
