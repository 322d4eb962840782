# %% two_terms
# Through x0 and the posterior mean of two terms.
def reverse_step(x, t, eps_hat, noise, alpha_bar):
    now, previous = alpha_bar[t], (alpha_bar[t - 1] if t >= 1 else 1.0)
    alpha = now / previous
    x0 = (x - (1 - now).sqrt() * eps_hat) / now.sqrt()
    mean = previous**0.5 * (1 - alpha) / (1 - now) * x0 + alpha.sqrt() * (1 - previous) / (1 - now) * x
    return mean + ((1 - alpha) * (1 - previous) / (1 - now)) ** 0.5 * noise


# %% padded
# Puts the 1 in front of the schedule.
def reverse_step(x, t, eps_hat, noise, alpha_bar):
    padded = torch.cat([torch.ones_like(alpha_bar[:1]), alpha_bar])
    before, now = padded[t], padded[t + 1]
    beta = 1 - now / before
    mean = (x - beta * eps_hat / (1 - now).sqrt()) / (1 - beta).sqrt()
    return mean + noise * torch.sqrt((1 - before) / (1 - now) * beta)


# %% floats
def reverse_step(x, t, eps_hat, noise, alpha_bar):
    now = float(alpha_bar[t])
    before = float(alpha_bar[t - 1]) if t else 1.0
    alpha = now / before
    sd = math.sqrt((1 - before) / (1 - now) * (1 - alpha))
    return (x - (1 - alpha) / math.sqrt(1 - now) * eps_hat) / math.sqrt(alpha) + sd * noise


# %% last_apart
def reverse_step(x, t, eps_hat, noise, alpha_bar):
    if t == 0:
        return (x - (1 - alpha_bar[0]) ** 0.5 * eps_hat) / alpha_bar[0] ** 0.5
    log_alpha = alpha_bar[t].log() - alpha_bar[t - 1].log()
    beta = -torch.expm1(log_alpha)
    mean = torch.exp(-log_alpha / 2) * (x - beta / (1 - alpha_bar[t]).sqrt() * eps_hat)
    return mean + ((1 - alpha_bar[t - 1]) / (1 - alpha_bar[t]) * beta).sqrt() * noise


# %% whole_schedule
def reverse_step(x, t, eps_hat, noise, alpha_bar):
    previous = F.pad(alpha_bar[:-1], (1, 0), value=1.0)
    betas = 1 - alpha_bar / previous
    variances = betas * (1 - previous) / (1 - alpha_bar)
    mean = (x - betas[t] / torch.sqrt(1 - alpha_bar[t]) * eps_hat) * torch.rsqrt(1 - betas[t])
    return mean + variances[t].sqrt() * noise
