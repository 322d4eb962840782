# Sends a tangent forward through f.

# %% grade_id="pathwise_gradient"
def pathwise_gradient(f, mu, sigma, n):
    eps = torch.randn(n, dtype=torch.float64)
    theta = torch.tensor([float(mu), float(sigma)], dtype=torch.float64)
    return torch.func.jacfwd(lambda t: f(t[0] + t[1] * eps))(theta)
