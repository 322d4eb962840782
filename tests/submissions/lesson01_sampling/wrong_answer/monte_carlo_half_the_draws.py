# Draws half of the numbers and uses them twice.
#
# fails monte_carlo-draws: "one draw repeated n times"

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    eps = torch.randn((n + 1) // 2, dtype=torch.float64)
    eps = torch.cat([eps, eps])[:n]
    return f(mu + sigma * eps).mean()
