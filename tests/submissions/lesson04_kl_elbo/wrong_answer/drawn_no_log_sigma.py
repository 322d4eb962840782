# Leaves logvar out of log q.
#
# fails monte_carlo_kl-values: "log q(z) lacks its -logvar / 2"
# fails monte_carlo_kl-gradients: "is wrong"

# %% grade_id="monte_carlo_kl"
def monte_carlo_kl(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2).sum(-1).mean(0)
