# %% noise_outside
# fails draws: fixed_seed
NOISE = torch.randn(25, 32_000, 4, dtype=torch.float64)


def monte_carlo_kl(mu, logvar, n):
    eps = NOISE[:n, : mu.shape[0], : mu.shape[1]].to(mu)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)


# %% at_the_mean
# fails draws: "two calls give the same value"
# fails values: "is wrong"
# fails gradients: "is wrong"
# Draws nothing, and is not the closed form.
def monte_carlo_kl(mu, logvar, n):
    return 0.5 * (mu**2 - logvar).sum(-1)


# %% halves_alike
# fails draws: "the noise in z is the same in every half of the batch"
# The second half of the rows has the noise of the first.
def monte_carlo_kl(mu, logvar, n):
    half = torch.randn(n, (len(mu) + 1) // 2, mu.shape[1], dtype=mu.dtype, device=mu.device)
    eps = torch.cat([half, half], dim=1)[:, : len(mu)]
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)


# %% without_logvar
# fails draws: n_ignored
# fails values: "is wrong"
# fails gradients: "no path to logvar"
# Has no use for logvar, which is no cut.
def monte_carlo_kl(mu, logvar, n):
    return (0.5 * mu**2).sum(-1) + torch.randn_like(mu[:, 0])
