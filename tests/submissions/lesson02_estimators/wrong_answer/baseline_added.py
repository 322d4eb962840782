# Adds the baseline.
#
# fails baseline_gradient-mu: "the baseline is added"
# fails baseline_gradient-sigma: "the baseline is added"
# fails baseline_gradient-constant: "the baseline is added"

# %% grade_id="baseline_gradient"
def baseline_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    baseline = (values.sum() - values) / (n - 1)
    return (values + baseline).unsqueeze(1) * score
