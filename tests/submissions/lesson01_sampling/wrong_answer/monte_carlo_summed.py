# Forgets to divide by n.
#
# fails monte_carlo-estimate: "the sum over the draws"

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    total = torch.zeros((), dtype=torch.float64)
    for _ in range(n):
        total = total + f(mu + sigma * torch.randn((), dtype=torch.float64))
    return total
