# Sums over the draws.
#
# fails monte_carlo_kl-draws: "the spread does not fall with n"
# fails monte_carlo_kl-values: "the n draws are summed"

# %% grade_id="monte_carlo_kl"
def monte_carlo_kl(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum((0, 2))
