# Subtracts the mean of all and stretches by n / (n - 1).

# %% grade_id="baseline_gradient"
def baseline_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return n / (n - 1) * (values - values.mean()).unsqueeze(1) * score
