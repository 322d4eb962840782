# Does not expect a function without a graph.
#
# fails pathwise_gradient-step: "autograd refuses an output without a graph"

# %% grade_id="pathwise_gradient"
def pathwise_gradient(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * torch.randn(n, dtype=torch.float64))
    return torch.stack(torch.autograd.grad(values.sum(), (mus, sigmas)), dim=1)
