# Divides the gradient of each draw by n.
#
# fails pathwise_gradient-mu: "divided by n"
# fails pathwise_gradient-sigma: "divided by n"

# %% grade_id="pathwise_gradient"
def pathwise_gradient(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.mean(), (mus, sigmas)), dim=1)
