# %% four_times
# A missing half counts four times.
# fails half: "the beta for"
def effective_beta(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    beta = weight * (pixels if pixel_mean else 1) / (latent if latent_mean else 1)
    return beta if half else 4 * beta


# %% rounded
# fails values: "the beta for"
# fails half: "the beta for"
def effective_beta(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    beta = weight * (pixels if pixel_mean else 1) / (latent if latent_mean else 1)
    return round(beta if half else 2 * beta, 1)


# %% pixels_first
# Looks at the latents only where there is no mean over the pixels.
# fails values: "the beta for"
# fails half: "the beta for"
def effective_beta(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    beta = weight
    if pixel_mean:
        beta *= pixels
    elif latent_mean:
        beta /= latent
    return beta if half else 2 * beta


# %% half_missing_by_default
# fails values: "the beta for"
def effective_beta(weight, pixels, latent, pixel_mean, latent_mean, half=False):
    beta = weight * (pixels if pixel_mean else 1) / (latent if latent_mean else 1)
    return beta if half else 2 * beta
