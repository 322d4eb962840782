# Starts every call from the same seed.
#
# fails baseline_gradient-draws: "a seed fixed inside the function"

# %% grade_id="baseline_gradient"
def baseline_gradient(f, mu, sigma, n):
    torch.manual_seed(1)
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return n / (n - 1) * (values - values.mean()).unsqueeze(1) * score
