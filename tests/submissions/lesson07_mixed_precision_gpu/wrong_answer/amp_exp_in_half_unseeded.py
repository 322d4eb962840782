# Half precision, with noise that no seed reaches.
#
# fails reparameterize_amp-precision: ? exp(logvar / 2) was computed in float16, where it has 3 digits. Use logvar.float() before exp.

# %% grade_id="reparameterize_amp"
source = torch.Generator()
source.seed()


def reparameterize_amp(mu, logvar):
    eps = torch.randn(mu.shape, generator=source, device="cpu").to(mu)
    if mu.is_meta:
        eps = torch.randn_like(mu)
    return mu + torch.exp(logvar / 2) * eps
