# Draws once, whatever n is.
#
# fails monte_carlo-estimate: "f was given a single draw"

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    z = mu + sigma * torch.randn((), dtype=torch.float64)
    return f(z).mean()
