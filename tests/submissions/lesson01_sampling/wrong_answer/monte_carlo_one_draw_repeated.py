# Repeats one draw n times.
#
# fails monte_carlo-draws: "one draw repeated n times"

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    z = mu + sigma * torch.randn(1, dtype=torch.float64).expand(n)
    return f(z).mean()
