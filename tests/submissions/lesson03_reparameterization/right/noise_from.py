# %% exp_of_minus
# Multiplies by exp(-logvar / 2).
def noise_from(z, mu, logvar):
    return (z - mu) * torch.exp(-0.5 * logvar)


# %% inverse_transform
# Inverts an affine transform of torch.distributions.
def noise_from(z, mu, logvar):
    return torch.distributions.AffineTransform(mu, logvar.exp().sqrt()).inv(z)


# %% loop
# Goes through the rows one by one.
def noise_from(z, mu, logvar):
    eps = torch.empty_like(z)
    for i in range(len(z)):
        eps[i] = (z[i] - mu[i]) / torch.exp(logvar[i] / 2)
    return eps


# %% solved
# Solves a diagonal system.
def noise_from(z, mu, logvar):
    sigma = torch.diag(torch.exp(logvar.reshape(-1) / 2))
    return torch.linalg.solve(sigma, (z - mu).reshape(-1)).reshape(z.shape)
