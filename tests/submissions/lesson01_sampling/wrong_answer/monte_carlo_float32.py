# Computes in float32, the default.
#
# fails monte_carlo-shape: "draw in float32"

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n)
    return f(z).mean()
