# Knows the entropy of q, and draws for log p alone.

# %% grade_id="monte_carlo_kl"
def monte_carlo_kl(mu, logvar, n):
    z = mu + torch.exp(logvar / 2) * torch.randn(n, *mu.shape, dtype=mu.dtype)
    return (0.5 * z**2 - 0.5 - 0.5 * logvar).sum(-1).mean(0)
