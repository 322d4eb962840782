# Draws with torch.normal, whose gradient is zeros.
#
# fails pathwise_gradient-mu: "zeros: the draw was cut"
# fails pathwise_gradient-sigma: "zeros: the draw was cut"

# %% grade_id="pathwise_gradient"
def pathwise_gradient(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(torch.normal(mus, sigmas))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.sum(), (mus, sigmas)), dim=1)
