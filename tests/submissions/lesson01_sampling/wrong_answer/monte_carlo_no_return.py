# Forgets to return the result.
#
# fails monte_carlo-shape: "a missing return"
# fails monte_carlo-estimate: "a missing return"

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    estimate = f(mu + sigma * torch.randn(n, dtype=torch.float64)).mean()
