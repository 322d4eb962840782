# Takes a forward difference and divides by 2h.
#
# fails finite_difference-central: "a forward difference"

# %% grade_id="finite_difference"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h + sigma * eps).mean()
    left = f(mu + sigma * other).mean()
    return (right - left) / (2 * h)
