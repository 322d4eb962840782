# Returns the values of f.
#
# fails monte_carlo-shape: "the n values of f themselves"
# fails monte_carlo-estimate: "the n values of f themselves"

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    return f(mu + sigma * torch.randn(n, dtype=torch.float64))
