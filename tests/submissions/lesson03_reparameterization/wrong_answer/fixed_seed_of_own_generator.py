# Makes its own generator at every call, always from the same seed.
#
# fails reparameterize-noise: "a seed fixed inside the function"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    generator = torch.Generator().manual_seed(0)
    eps = torch.randn(mu.shape, generator=generator, dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar / 2) * eps
