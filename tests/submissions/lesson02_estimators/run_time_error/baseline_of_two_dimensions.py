# Averages over a dimension that is not there.
#
# fails baseline_gradient-shape: "IndexError"
# fails baseline_gradient-mu: "IndexError"
# fails baseline_gradient-sigma: "IndexError"
# fails baseline_gradient-draws: "IndexError"
# fails baseline_gradient-constant: "IndexError"

# %% grade_id="baseline_gradient"
def baseline_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return (values - values.mean(dim=1)).unsqueeze(1) * score
