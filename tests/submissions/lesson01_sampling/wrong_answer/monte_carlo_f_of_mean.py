# Takes f of the mean.
#
# fails monte_carlo-estimate: "f of the mean, f(z.mean())"

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return f(z.mean())
