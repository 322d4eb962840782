# Adds the mean before it scales.
#
# fails monte_carlo-spread: "(eps + mu) * sigma: sigma stretches mu too"

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    z = (torch.randn(n, dtype=torch.float64) + mu) * sigma
    return f(z).mean()
