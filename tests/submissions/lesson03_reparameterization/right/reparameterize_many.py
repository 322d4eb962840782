# %% repeated_inputs
# Repeats the inputs, then draws once.
def reparameterize_many(mu, logvar, k):
    shape = (k, *mu.shape)
    means = mu.expand(shape)
    return torch.addcmul(means, logvar.div(2).exp().expand(shape), torch.randn_like(means))


# %% rsample
# Uses torch.distributions.
def reparameterize_many(mu, logvar, k):
    return torch.distributions.Normal(mu, torch.exp(logvar / 2)).rsample((k,))


# %% stacked
# Calls the first exercise k times.
def reparameterize_many(mu, logvar, k):
    return torch.stack([reparameterize(mu, logvar) for _ in range(k)])


# %% moved_dimension
# Puts the draws last, then moves them to the front.
def reparameterize_many(mu, logvar, k):
    eps = torch.randn(*mu.shape, k, dtype=mu.dtype, device=mu.device)
    return (mu[..., None] + torch.exp(logvar / 2)[..., None] * eps).movedim(-1, 0)


# %% laid_out_and_viewed
# Draws end to end, then gives k its dimension.
def reparameterize_many(mu, logvar, k):
    return reparameterize(mu.repeat(k, 1), logvar.repeat(k, 1)).view(k, *mu.shape)
