# Multiplies by the distance from mu.
#
# fails pathwise_gradient-sigma: "that is the gradient in log sigma"

# %% grade_id="pathwise_gradient"
def pathwise_gradient(f, mu, sigma, n):
    z = (mu + sigma * torch.randn(n, dtype=torch.float64)).requires_grad_()
    values = f(z)
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    (slope,) = torch.autograd.grad(values.sum(), z)
    return torch.stack([slope, slope * (z.detach() - mu)], dim=1)
