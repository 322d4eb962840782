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
