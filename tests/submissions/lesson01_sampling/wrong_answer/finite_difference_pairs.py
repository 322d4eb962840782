# Returns the n slopes of the pairs.
#
# fails finite_difference-shape: "Return their mean"
# fails finite_difference-central: "Return their mean"

# %% grade_id="finite_difference"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    return (f(mu + h + sigma * eps) - f(mu - h + sigma * other)) / (2 * h)
