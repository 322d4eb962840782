# Goes backward once for each draw.

# %% grade_id="pathwise_gradient"
def pathwise_gradient(f, mu, sigma, n):
    rows = torch.zeros(n, 2, dtype=torch.float64)
    for row in rows:
        theta = torch.tensor([float(mu), float(sigma)], dtype=torch.float64, requires_grad=True)
        value = f(theta[0] + theta[1] * torch.randn((), dtype=torch.float64))
        if value.requires_grad:
            value.backward()
            row.copy_(theta.grad)
    return rows
