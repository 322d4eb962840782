# Turns uniform numbers into normal ones.

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    uniform = torch.rand(mu.shape, dtype=torch.float64, device=mu.device).clamp_min(1e-300)
    eps = torch.special.ndtri(uniform).to(mu.dtype)
    return mu + torch.exp(logvar / 2) * eps
