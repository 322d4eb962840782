# %% in_one_line
def effective_beta(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    return weight * (pixels if pixel_mean else 1) / (latent if latent_mean else 1) * (1 if half else 2)


# %% by_powers
# True is 1 and False is 0.
def effective_beta(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    return weight * pixels**pixel_mean * latent ** (-latent_mean) * 2 ** (1 - half)


# %% of_two_scales
# Divides the scale of one term by that of the other.
def effective_beta(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    reconstruction = 1 / pixels if pixel_mean else 1.0
    kl = (1 / latent if latent_mean else 1.0) * (1.0 if half else 2.0)
    return weight * kl / reconstruction


# %% measured
# Reduces a tensor of ones both ways, and compares.
def effective_beta(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    x, z = torch.ones(pixels, dtype=torch.float64), torch.ones(latent, dtype=torch.float64)
    reconstruction = x.sum() / (x.mean() if pixel_mean else x.sum())
    kl = (z.mean() if latent_mean else z.sum()) / z.sum()
    return float(weight * reconstruction * kl * (2 - half))
