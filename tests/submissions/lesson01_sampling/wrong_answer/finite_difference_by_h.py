# Divides by h.
#
# fails finite_difference-central: "divided by h. The two sides are 2h apart"

# %% grade_id="finite_difference"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h + sigma * eps).mean()
    left = f(mu - h + sigma * other).mean()
    return (right - left) / h
