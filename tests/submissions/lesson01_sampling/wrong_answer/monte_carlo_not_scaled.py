# Forgets sigma.
#
# fails monte_carlo-spread: "the noise is not scaled"

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    z = mu + torch.randn(n, dtype=torch.float64)
    return f(z).mean()
