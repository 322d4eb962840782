# Moves by half of h.
#
# fails finite_difference-central: "the sides stand at mu + h/2 and mu - h/2"

# %% grade_id="finite_difference"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h / 2 + sigma * eps).mean()
    left = f(mu - h / 2 + sigma * other).mean()
    return (right - left) / h
