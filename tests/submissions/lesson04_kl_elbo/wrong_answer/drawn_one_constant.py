# Has log(2 pi) in log p alone.
#
# fails monte_carlo_kl-values: "stands in only one of the two"

# %% grade_id="monte_carlo_kl"
def monte_carlo_kl(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return (-0.5 * eps**2 - 0.5 * logvar + 0.5 * z**2 + 0.5 * math.log(2 * math.pi)).sum(-1).mean(0)
