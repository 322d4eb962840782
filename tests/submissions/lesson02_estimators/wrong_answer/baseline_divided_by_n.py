# Divides the sum of the others by n.
#
# fails baseline_gradient-mu: "the sum of the others is divided by n"
# fails baseline_gradient-sigma: "the sum of the others is divided by n"
# fails baseline_gradient-constant: "the sum of the others is divided by n"

# %% grade_id="baseline_gradient"
def baseline_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    baseline = (values.sum() - values) / n
    return (values - baseline).unsqueeze(1) * score
