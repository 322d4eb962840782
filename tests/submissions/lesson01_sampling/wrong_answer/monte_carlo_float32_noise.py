# Draws in float32 and converts afterwards.
#
# fails monte_carlo-shape: "carry float32 noise"

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    eps = torch.randn(n).double()
    return f(mu + sigma * eps).mean()
