# Returns the gradient of the sum.
#
# fails pathwise_gradient-shape: "the gradient of the sum is returned once"
# fails pathwise_gradient-mu: "the gradient of the sum is returned once"
# fails pathwise_gradient-sigma: "the gradient of the sum is returned once"

# %% grade_id="pathwise_gradient"
def pathwise_gradient(f, mu, sigma, n):
    mu = torch.tensor(float(mu), dtype=torch.float64, requires_grad=True)
    sigma = torch.tensor(float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mu + sigma * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.sum(), (mu, sigma)))
