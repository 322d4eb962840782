# Takes the Jacobian of all values in the two parameters.

# %% grade_id="pathwise_gradient"
def pathwise_gradient(f, mu, sigma, n):
    eps = torch.randn(n, dtype=torch.float64)
    theta = torch.tensor([float(mu), float(sigma)], dtype=torch.float64)
    return torch.autograd.functional.jacobian(lambda t: f(t[0] + t[1] * eps), theta)
