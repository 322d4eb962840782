# Takes sigma for the variance.
#
# fails monte_carlo-spread: "sigma is used as the variance"

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    z = mu + sigma**0.5 * torch.randn(n, dtype=torch.float64)
    return f(z).mean()
