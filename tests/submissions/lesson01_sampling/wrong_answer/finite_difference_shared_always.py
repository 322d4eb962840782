# Shares the noise, always.
#
# fails finite_difference-fresh: "although common_noise is False"

# %% grade_id="finite_difference"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps
    right = f(mu + h + sigma * eps).mean()
    left = f(mu - h + sigma * other).mean()
    return (right - left) / (2 * h)
