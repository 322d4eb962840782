# %% least_variance
# Never goes below a small variance.
# fails last: "is wrong"
def reverse_step(x, t, eps_hat, noise, alpha_bar):
    now = alpha_bar[t]
    previous = alpha_bar[t - 1] if t > 0 else torch.ones_like(now)
    alpha = now / previous
    mean = (x - (1 - alpha) / (1 - now).sqrt() * eps_hat) / alpha.sqrt()
    return mean + ((1 - previous) / (1 - now) * (1 - alpha)).clamp(min=1e-4).sqrt() * noise


# %% difference
# Takes a difference for beta.
# fails values: "is wrong"
# fails subset: "is wrong"
def reverse_step(x, t, eps_hat, noise, alpha_bar):
    now = alpha_bar[t]
    previous = alpha_bar[t - 1] if t > 0 else torch.ones_like(now)
    beta = previous - now
    mean = (x - beta / (1 - now).sqrt() * eps_hat) / (now / previous).sqrt()
    return mean + ((1 - previous) / (1 - now) * beta).sqrt() * noise
