# %% half_sigma
# fails values: "eps is wrong"
def noise_from(z, mu, logvar):
    return (z - mu) / (torch.exp(logvar / 2) / 2)


# %% fresh_noise
# fails values: "eps is wrong"
def noise_from(z, mu, logvar):
    return torch.randn_like(z)


# %% sigma_at_least_a_tenth
# fails values: "eps is wrong"
def noise_from(z, mu, logvar):
    return (z - mu) / torch.exp(logvar / 2).clamp(min=0.1)


# %% absolute_difference
# fails values: "eps is wrong"
def noise_from(z, mu, logvar):
    return (z - mu).abs() / torch.exp(logvar / 2)
