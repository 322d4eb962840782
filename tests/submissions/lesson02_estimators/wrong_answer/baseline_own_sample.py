# Subtracts the mean over all draws.
#
# fails baseline_gradient-mu: "shrinks the estimate by (n-1)/n"
# fails baseline_gradient-sigma: "shrinks the estimate by (n-1)/n"

# %% grade_id="baseline_gradient"
def baseline_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return (values - values.mean()).unsqueeze(1) * score
