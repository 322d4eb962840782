# %% mu_forgotten
# fails range: "where sigma is almost 0"
# fails noise: "the noise"
# fails gradients: "no gradient reaches mu"
# Nothing was cut: mu was not used.
def reparameterize_amp(mu, logvar):
    sigma = torch.exp(logvar.float() / 2)
    return (sigma * torch.randn_like(sigma)).to(mu.dtype)


# %% unscaled_without_a_seed
# fails range: unscaled
# fails gradients: unscaled
# The noise is another at every call, and z still does not move with logvar.
def reparameterize_amp(mu, logvar):
    if mu.is_meta:
        return mu + torch.randn_like(mu)
    source = torch.Generator()
    source.seed()
    return (mu.float() + torch.randn(mu.shape, generator=source).to(mu.device)).to(mu.dtype)


# %% variance_in_half_without_a_seed
# fails range: variance_as_sigma
# fails precision: sigma_in_half
# fails gradients: variance_as_sigma
# Where exp(logvar) overflows, so does z, and no root was taken.
def reparameterize_amp(mu, logvar):
    if mu.is_meta:
        return mu + torch.randn_like(mu)
    source = torch.Generator()
    source.seed()
    return mu + logvar.exp() * torch.randn(mu.shape, generator=source).to(mu)


# %% in_steps
# fails range: "compared with the same noise"
# fails precision: "over its value,"
# fails noise: "the noise"
# fails gradients: "the gradient in mu is zero"
# The gradient is zero, and torch.normal has no part in it.
def reparameterize_amp(mu, logvar):
    sigma = torch.exp(logvar.float() / 2)
    z = mu.float() + sigma * torch.randn_like(sigma)
    return (torch.round(z * 4) / 4).to(mu.dtype)


# %% ones_on_the_processor
# fails device: on_cpu
# The noise is where it should be.
def reparameterize_amp(mu, logvar):
    sigma = torch.exp(logvar.float() / 2)
    return (torch.ones(mu.shape) * mu.float() + sigma * torch.randn_like(sigma)).to(mu.dtype)


# %% always_zero
# fails range: "z has no noise at logvar = 0"
# fails precision: "z has no noise at logvar = 0"
# fails noise: "the noise is the same in every call"
# fails gradients: "the gradient in mu is zero"
def reparameterize_amp(mu, logvar):
    return 0 * mu + 0 * logvar


# %% sigma_divides_mu_too
# fails range: "where sigma is almost 0"
# fails gradients: "dz/dmu in torch.float32 is wrong"
# dz/dmu is that of (mu + eps) * sigma, and z is another.
def reparameterize_amp(mu, logvar):
    sigma = torch.exp(logvar.float() / 2)
    return (mu.float() * sigma + torch.randn_like(sigma) * sigma**1).detach().to(mu.dtype) + (
        mu * sigma.detach() + logvar - (mu * sigma.detach() + logvar).detach()
    ).to(mu.dtype)
