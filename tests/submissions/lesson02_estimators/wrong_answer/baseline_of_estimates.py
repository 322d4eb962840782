# Subtracts the mean of the estimates.
#
# fails baseline_gradient-mu: "the mean of the estimates is subtracted"
# fails baseline_gradient-sigma: "the mean of the estimates is subtracted"
# fails baseline_gradient-constant: "the mean of the estimates is subtracted"

# %% grade_id="baseline_gradient"
def baseline_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    estimates = f(z).unsqueeze(1) * score
    return estimates - estimates.mean(dim=0)
