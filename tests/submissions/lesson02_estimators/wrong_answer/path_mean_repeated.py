# Repeats the gradient of the mean in every row.
#
# fails pathwise_gradient-mu: "averages first: every row is the mean"
# fails pathwise_gradient-sigma: "averages first: every row is the mean"

# %% grade_id="pathwise_gradient"
def pathwise_gradient(f, mu, sigma, n):
    mu = torch.tensor(float(mu), dtype=torch.float64, requires_grad=True)
    sigma = torch.tensor(float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mu + sigma * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.mean(), (mu, sigma))).expand(n, 2)
