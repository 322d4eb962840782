# Scales the noise with the variance.
#
# fails monte_carlo-spread: "sigma**2 scales the noise"

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    z = mu + sigma**2 * torch.randn(n, dtype=torch.float64)
    return f(z).mean()
