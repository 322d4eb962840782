# Fixes a seed inside the function.
#
# fails monte_carlo-draws: "a seed fixed inside the function"

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    torch.manual_seed(0)
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return f(z).mean()
