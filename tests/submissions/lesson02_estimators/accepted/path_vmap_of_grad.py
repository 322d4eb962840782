# Maps the gradient of one draw over all draws.

# %% grade_id="pathwise_gradient"
def pathwise_gradient(f, mu, sigma, n):
    eps = torch.randn(n, dtype=torch.float64)
    theta = torch.stack([torch.as_tensor(mu).double(), torch.as_tensor(sigma).double()])
    of_one = torch.func.grad(lambda t, e: f(t[0] + t[1] * e))
    return torch.vmap(of_one, in_dims=(None, 0))(theta, eps)
