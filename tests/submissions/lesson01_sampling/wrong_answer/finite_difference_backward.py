# Takes a backward difference.
#
# fails finite_difference-central: "a backward difference"

# %% grade_id="finite_difference"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + sigma * eps).mean()
    left = f(mu - h + sigma * other).mean()
    return (right - left) / h
