# Shares one eps across the batch.
#
# fails monte_carlo_kl-draws: "one eps shared across the batch"
# fails monte_carlo_kl-values: "one eps shared across the batch"
# fails monte_carlo_kl-gradients: "one eps shared across the batch"

# %% grade_id="monte_carlo_kl"
def monte_carlo_kl(mu, logvar, n):
    eps = torch.randn(n, 1, mu.shape[-1], dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)
