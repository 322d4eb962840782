# %% truncated
# Clamps its codes.
# fails prior: "wrong distribution"
def generate(model, n):
    with torch.no_grad():
        return torch.sigmoid(model.decode(torch.randn(n, model.latent_dim).clamp(-2, 2)))


# %% threshold
# Rounds at another number.
# fails values: "zeros and ones alone"
def generate(model, n):
    with torch.no_grad():
        return 1.0 * (0.2 < torch.sigmoid(model.decode(torch.randn(n, model.latent_dim))))


# %% cooler
# Draws closer to the mean.
# fails prior: "wrong distribution"
def generate(model, n):
    with torch.no_grad():
        return torch.sigmoid(model.decode(0.9 * torch.randn(n, model.latent_dim)))


# %% grey
# Returns grey, and decodes nothing.
# fails shape: "wrong shape"
# fails values: "wrong shape"
# fails prior: never_decodes
def generate(model, n):
    with torch.no_grad():
        return torch.full((n, 64), 0.5)


# %% n_from_few
# Decodes a few codes, again and again.
# fails prior: "z "
def generate(model, n):
    with torch.no_grad():
        return torch.sigmoid(model.decode(torch.randn(8, model.latent_dim).repeat(n // 8 + 1, 1)[:n]))
