# Scales the noise by the variance, outside of the graph.
#
# fails pathwise_gradient-draws: "sigma**2 scales the noise"

# %% grade_id="pathwise_gradient"
def pathwise_gradient(f, mu, sigma, n):
    eps = sigma * torch.randn(n, dtype=torch.float64)
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * eps)
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.sum(), (mus, sigmas)), dim=1)
