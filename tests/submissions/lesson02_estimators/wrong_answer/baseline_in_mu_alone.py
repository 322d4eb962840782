# Subtracts the baseline in the first column only.
#
# fails baseline_gradient-sigma: "It belongs in both columns"
# fails baseline_gradient-constant: "the result for f = 100 is wrong"

# %% grade_id="baseline_gradient"
def baseline_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    baseline = (values.sum() - values) / (n - 1)
    in_mu, in_sigma = normal_score(z, mu, sigma)
    return torch.stack([(values - baseline) * in_mu, values * in_sigma], dim=1)
