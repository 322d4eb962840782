# Shares the noise by a seed that is drawn anew.

# %% grade_id="finite_difference"
def finite_difference(f, mu, sigma, n, h, common_noise):
    seeds = torch.randint(2**60, (2,)).tolist()
    noise = [torch.randn(n, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    right, left = noise[0], noise[0 if common_noise else 1]
    right, left = f(mu + sigma * right + h), f(mu + sigma * left - h)
    return (right.mean() - left.mean()) / h / 2
