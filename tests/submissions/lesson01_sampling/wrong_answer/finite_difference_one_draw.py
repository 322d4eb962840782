# Repeats one draw n times.
#
# fails finite_difference-noise: "one draw repeated n times"
# fails finite_difference-fresh: "although common_noise is False"

# %% grade_id="finite_difference"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(1, dtype=torch.float64).expand(n)
    other = eps if common_noise else torch.randn(1, dtype=torch.float64).expand(n)
    return (f(mu + h + sigma * eps).mean() - f(mu - h + sigma * other).mean()) / (2 * h)
