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


# %% computed_in_float32
# fails shape: "eps has lost digits of float64 inputs"
def noise_from(z, mu, logvar):
    return ((z.float() - mu.float()) / torch.exp(logvar.float() / 2)).to(z.dtype)


# %% logvar_clamped
# fails values: "eps is wrong"
def noise_from(z, mu, logvar):
    return (z - mu) / torch.exp(logvar.clamp(-10, 10) / 2)
