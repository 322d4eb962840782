# The root of the variance, which is safe in float32, and noise in half precision.

# %% grade_id="reparameterize_amp"
def reparameterize_amp(mu, logvar):
    sigma = logvar.to(torch.float32).exp().sqrt()
    eps = torch.randn_like(mu)
    return torch.addcmul(mu.float(), sigma, eps.float()).to(dtype=mu.dtype)
