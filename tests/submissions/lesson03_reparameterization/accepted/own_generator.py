# Draws from a generator of its own, seeded by the operating system.

# %% grade_id="reparameterize"
source = torch.Generator()
source.seed()


def reparameterize(mu, logvar):
    eps = torch.randn(mu.shape, generator=source, dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar / 2) * eps
