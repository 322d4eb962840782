# Returns values of f.
#
# fails pathwise_gradient-mu: "f(z) itself"
# fails pathwise_gradient-sigma: "f(z) itself"
# fails pathwise_gradient-step: "the result for an f without a graph is wrong"

# %% grade_id="pathwise_gradient"
def pathwise_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    return torch.stack([values, values], dim=1)
