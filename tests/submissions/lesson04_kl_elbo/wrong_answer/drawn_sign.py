# Computes log p - log q.
#
# fails monte_carlo_kl-values: "the order is turned"
# fails monte_carlo_kl-gradients: "the order is turned"

# %% grade_id="monte_carlo_kl"
def monte_carlo_kl(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (eps**2 + logvar - z**2).sum(-1).mean(0)
