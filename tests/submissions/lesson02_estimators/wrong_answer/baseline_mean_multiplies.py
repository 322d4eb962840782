# Multiplies f by the mean over all draws.
#
# fails baseline_gradient-mu: "the baseline multiplies f"
# fails baseline_gradient-sigma: "the baseline multiplies f"
# fails baseline_gradient-constant: "the baseline multiplies f"

# %% grade_id="baseline_gradient"
def baseline_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return (values * values.mean()).unsqueeze(1) * score
