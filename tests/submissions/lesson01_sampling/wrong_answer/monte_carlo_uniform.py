# Draws uniform noise.
#
# fails monte_carlo-spread: "torch.rand draws uniform numbers"

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    z = mu + sigma * torch.rand(n, dtype=torch.float64)
    return f(z).mean()
