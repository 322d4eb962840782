# Draws one by one.

# %% grade_id="monte_carlo_kl"
def monte_carlo_kl(mu, logvar, n):
    total = 0
    for _ in range(n):
        eps = torch.randn_like(mu)
        z = mu + torch.exp(0.5 * logvar) * eps
        total = total + (-0.5 * eps**2 - 0.5 * logvar + 0.5 * z**2).sum(-1)
    return total / n
