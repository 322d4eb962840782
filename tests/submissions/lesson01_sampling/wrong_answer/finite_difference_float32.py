# Computes in float32, the default.
#
# fails finite_difference-shape: "draw in float32"

# %% grade_id="finite_difference"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n)
    other = eps if common_noise else torch.randn(n)
    return (f(mu + h + sigma * eps).mean() - f(mu - h + sigma * other).mean()) / (2 * h)
