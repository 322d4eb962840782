# Mixes up the two kinds of noise.
#
# fails finite_difference-common: "fresh noise on both sides"
# fails finite_difference-fresh: "although common_noise is False"

# %% grade_id="finite_difference"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = torch.randn(n, dtype=torch.float64) if common_noise else eps
    right = f(mu + h + sigma * eps).mean()
    left = f(mu - h + sigma * other).mean()
    return (right - left) / (2 * h)
