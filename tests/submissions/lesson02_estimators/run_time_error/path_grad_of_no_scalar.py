# Asks for the gradient of many values at once.
#
# fails pathwise_gradient-shape: "grad can be implicitly created"
# fails pathwise_gradient-mu: "grad can be implicitly created"
# fails pathwise_gradient-sigma: "grad can be implicitly created"
# fails pathwise_gradient-draws: "grad can be implicitly created"

# %% grade_id="pathwise_gradient"
def pathwise_gradient(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    values[:, None].expand(n, 2).backward()
    return torch.stack((mus.grad, sigmas.grad), dim=1)
