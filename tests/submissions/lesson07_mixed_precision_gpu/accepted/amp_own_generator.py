# A generator of its own, and sigma as a power of two.

# %% grade_id="reparameterize_amp"
source = torch.Generator()
source.seed()


def reparameterize_amp(mu, logvar):
    sigma = torch.exp2(logvar.float() / (2 * math.log(2)))
    if mu.is_meta:
        return (mu + sigma * torch.randn_like(sigma)).to(mu.dtype)
    eps = torch.randn(mu.shape, generator=source).to(mu.device)
    return (mu + sigma * eps).type_as(mu)
