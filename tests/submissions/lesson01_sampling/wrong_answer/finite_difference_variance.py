# Takes sigma for the variance.
#
# fails finite_difference-noise: "sigma is used as the variance"

# %% grade_id="finite_difference"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h + sigma**0.5 * eps).mean()
    left = f(mu - h + sigma**0.5 * other).mean()
    return (right - left) / (2 * h)
