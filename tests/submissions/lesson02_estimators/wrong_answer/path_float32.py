# Computes in float32.
#
# fails pathwise_gradient-shape: "wrong dtype"

# %% grade_id="pathwise_gradient"
def pathwise_gradient(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), requires_grad=True)
    sigmas = torch.full((n,), float(sigma), requires_grad=True)
    values = f(mus + sigmas * torch.randn(n))
    if not values.requires_grad:
        return torch.zeros(n, 2)
    return torch.stack(torch.autograd.grad(values.sum(), (mus, sigmas)), dim=1)
