# Averages the others with a matrix that has zeros on its diagonal.

# %% grade_id="baseline_gradient"
def baseline_gradient(f, mu, sigma, n):
    z = torch.distributions.Normal(torch.full((), float(mu)).double(), float(sigma)).sample([n])
    values = f(z[:, None])
    others = (1 - torch.eye(n, dtype=torch.float64)) / (n - 1)
    return (values - others @ values) * torch.stack(normal_score(z, mu, sigma), dim=1)
