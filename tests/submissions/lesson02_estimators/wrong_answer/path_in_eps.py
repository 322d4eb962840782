# Differentiates in the noise.
#
# fails pathwise_gradient-mu: "the gradient in eps"

# %% grade_id="pathwise_gradient"
def pathwise_gradient(f, mu, sigma, n):
    eps = torch.randn(n, dtype=torch.float64, requires_grad=True)
    values = f(mu + sigma * eps)
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    (slope,) = torch.autograd.grad(values.sum(), eps)
    return torch.stack([slope, slope / sigma * eps.detach()], dim=1)
