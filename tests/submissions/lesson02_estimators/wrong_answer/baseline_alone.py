# Multiplies the score by the baseline alone.
#
# fails baseline_gradient-mu: "the baseline alone"
# fails baseline_gradient-sigma: "the baseline alone"
# fails baseline_gradient-constant: "subtract the baseline from f(z), in both columns"

# %% grade_id="baseline_gradient"
def baseline_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    baseline = (values.sum() - values) / (n - 1)
    return baseline.unsqueeze(1) * score
