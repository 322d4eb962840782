# Estimates the baseline from draws of its own.
#
# fails baseline_gradient-mu: "f was not called at 4 draws"
# fails baseline_gradient-sigma: "f was not called at 4 draws"
# fails baseline_gradient-draws: "f was not called at 500 draws"

# %% grade_id="baseline_gradient"
def baseline_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    other = mu + sigma * torch.randn(n, dtype=torch.float64)
    return (f(z) - f(other).mean()).unsqueeze(1) * score
