# Puts sigma into the first column.
#
# fails pathwise_gradient-mu: "the two columns have changed places"
# fails pathwise_gradient-sigma: "the two columns have changed places"

# %% grade_id="pathwise_gradient"
def pathwise_gradient(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.sum(), (sigmas, mus)), dim=1)
