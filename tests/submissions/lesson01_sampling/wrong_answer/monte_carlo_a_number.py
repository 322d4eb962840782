# Returns a Python number.
#
# fails monte_carlo-shape: "item() or float() makes a number of it"

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return f(z).mean().item()
