# %% distributions
# torch.distributions in float32.
def reparameterize_amp(mu, logvar):
    with torch.autocast(mu.device.type, enabled=False) if not mu.is_meta else nullcontext():
        q = torch.distributions.Normal(mu.float(), (0.5 * logvar.float()).exp(), validate_args=False)
        return q.rsample().to(mu.dtype)


# %% root_of_variance_in_float32
# The root of the variance, which is safe in float32, and noise in half precision.
def reparameterize_amp(mu, logvar):
    sigma = logvar.to(torch.float32).exp().sqrt()
    eps = torch.randn_like(mu)
    return torch.addcmul(mu.float(), sigma, eps.float()).to(dtype=mu.dtype)


# %% own_generator
# Noise that no seed reaches, and sigma as a power of two.
def reparameterize_amp(mu, logvar):
    sigma = torch.exp2(logvar.float() / (2 * math.log(2)))
    if mu.is_meta:
        return (mu + sigma * torch.randn_like(sigma)).to(mu.dtype)
    source = torch.Generator()
    source.seed()
    eps = torch.randn(mu.shape, generator=source).to(mu.device)
    return (mu + sigma * eps).type_as(mu)


# %% noise_as_wide_as_mu
# Noise in the dtype of mu, raised before it is scaled.
def reparameterize_amp(mu, logvar):
    eps = torch.randn_like(mu).float()
    return (eps * logvar.float().mul(0.5).exp()).add(mu).to(mu)
