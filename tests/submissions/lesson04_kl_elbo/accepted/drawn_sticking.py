# Holds the parameters inside log q.

# %% grade_id="monte_carlo_kl"
def monte_carlo_kl(mu, logvar, n):
    z = mu + torch.exp(logvar / 2) * torch.randn(n, *mu.shape, dtype=mu.dtype)
    m, v = mu.detach(), logvar.detach()
    log_q = -0.5 * ((z - m) ** 2 / v.exp() + v)
    return (log_q + 0.5 * z**2).sum(-1).mean(0)
