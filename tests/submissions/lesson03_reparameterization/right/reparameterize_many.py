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
