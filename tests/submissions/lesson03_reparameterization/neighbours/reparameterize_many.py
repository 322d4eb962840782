# %% one_handled_apart
# fails shape: k_of_one
def reparameterize_many(mu, logvar, k):
    if k == 1:
        return reparameterize(mu, logvar)
    return torch.stack([reparameterize(mu, logvar) for _ in range(k)])


# %% averaged
# fails shape: no_dimension
# fails values: "wrong shape"
# fails noise: "wrong shape"
# fails gradients: "wrong shape"
def reparameterize_many(mu, logvar, k):
    return torch.stack([reparameterize(mu, logvar) for _ in range(k)]).mean(0)


# %% one_without_noise
# fails values: no_noise
def reparameterize_many(mu, logvar, k):
    eps = torch.randn(k, *mu.shape, dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar / 2) * (eps if k > 1 else 0 * eps)


# %% divided_by_the_root_of_k
# fails noise: "the noise (z - mu) / sigma has the wrong distribution"
def reparameterize_many(mu, logvar, k):
    eps = torch.randn(k, *mu.shape, dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar / 2) * eps / k**0.5


# %% mirrored_draws
# fails noise: "draws half the length apart have correlation -1.000"
def reparameterize_many(mu, logvar, k):
    half = torch.randn((k + 1) // 2, *mu.shape, dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar / 2) * torch.cat([half, -half])[:k]


# %% draws_in_pairs
# fails noise: "draws half the length apart have correlation 1.000"
def reparameterize_many(mu, logvar, k):
    half = torch.randn((k + 1) // 2, *mu.shape, dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar / 2) * torch.cat([half, half])[:k]


# %% path_through_one_draw
# fails gradients: "the gradient in mu is zero"
def reparameterize_many(mu, logvar, k):
    draws = [reparameterize(mu, logvar) for _ in range(k)]
    return torch.stack([draws[0], *(draw.detach() for draw in draws[1:])])


# %% rows_for_draws
# fails values: "how far z moves when mu moves by step is wrong"
# fails noise: "the noise repeats along the calls"
# fails gradients: "dz/dmu is wrong"
def reparameterize_many(mu, logvar, k):
    z = reparameterize(mu.repeat(k, 1), logvar.repeat(k, 1))
    return z.view(len(mu), k, mu.shape[1]).transpose(0, 1)
