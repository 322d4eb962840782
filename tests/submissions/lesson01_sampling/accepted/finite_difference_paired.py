# Averages the slopes of the pairs.

# %% grade_id="finite_difference"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    return torch.mean((f(mu + h + sigma * eps) - f(mu - h + sigma * other)) / (2 * h))
