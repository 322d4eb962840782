# %% addcmul
# Uses the fused operation addcmul.
def reparameterize(mu, logvar):
    return torch.addcmul(mu, torch.exp(logvar / 2), torch.randn_like(mu))


# %% inverse_cdf
# Turns uniform numbers into normal ones.
def reparameterize(mu, logvar):
    uniform = torch.rand(mu.shape, dtype=torch.float64, device=mu.device).clamp_min(1e-300)
    eps = torch.special.ndtri(uniform).to(mu.dtype)
    return mu + torch.exp(logvar / 2) * eps


# %% loop_over_rows
# Draws row by row.
def reparameterize(mu, logvar):
    rows = []
    for row_mu, row_logvar in zip(mu, logvar):
        rows.append(row_mu + torch.exp(0.5 * row_logvar) * torch.randn_like(row_mu))
    return torch.stack(rows)


# %% root_of_variance
# Takes the root of the variance.
def reparameterize(mu, logvar):
    variance = logvar.exp()
    eps = torch.empty_like(mu).normal_()
    return mu + eps * variance.sqrt()


# %% rsample
# Uses torch.distributions.
def reparameterize(mu, logvar):
    return torch.distributions.Normal(mu, torch.exp(logvar / 2)).rsample()
