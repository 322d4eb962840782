# Has a generator of its own, seeded from the system, and leaves out what is common to both densities.

# %% grade_id="monte_carlo_kl"
source = torch.Generator()
source.seed()


def monte_carlo_kl(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, generator=source, dtype=mu.dtype, device=mu.device)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)
