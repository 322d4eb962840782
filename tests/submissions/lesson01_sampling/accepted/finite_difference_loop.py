# Adds up pair by pair.

# %% grade_id="finite_difference"
def finite_difference(f, mu, sigma, n, h, common_noise):
    total = torch.zeros((), dtype=torch.float64)
    for _ in range(n):
        eps = torch.randn((), dtype=torch.float64)
        other = eps if common_noise else torch.randn((), dtype=torch.float64)
        total += f(mu - h + sigma * other) - f(mu + h + sigma * eps)
    return -total / (n * 2 * h)
