# Shares the noise by a fixed seed.
#
# fails finite_difference-noise: "a seed fixed inside the function"

# %% grade_id="finite_difference"
def finite_difference(f, mu, sigma, n, h, common_noise):
    torch.manual_seed(0)
    right = f(mu + h + sigma * torch.randn(n, dtype=torch.float64)).mean()
    if common_noise:
        torch.manual_seed(0)
    left = f(mu - h + sigma * torch.randn(n, dtype=torch.float64)).mean()
    return (right - left) / (2 * h)
