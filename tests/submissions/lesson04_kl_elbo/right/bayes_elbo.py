# %% drawn_kl
# Draws everything, the KL too, with torch.distributions.
def bayes_elbo(x, y, mu, logvar, noise_sigma, n):
    from torch.distributions import Normal

    q = Normal(mu, torch.exp(logvar / 2))
    w = q.rsample((n,))
    log_joint = Normal(w @ x.T, noise_sigma).log_prob(y).sum(-1) + Normal(0.0, 1.0).log_prob(w).sum(-1)
    return (log_joint - q.log_prob(w).sum(-1)).mean()


# %% exact
# Computes the expectation exactly, without draws.
def bayes_elbo(x, y, mu, logvar, noise_sigma, n):
    errors = ((y - x @ mu) ** 2).sum() + (x**2 @ logvar.exp()).sum()
    log_likelihood = -0.5 * errors / noise_sigma**2 - len(y) * (math.log(noise_sigma) + 0.5 * math.log(2 * math.pi))
    return log_likelihood - gaussian_kl(mu[None], logvar[None])[0]


# %% loop
# Draws one by one.
def bayes_elbo(x, y, mu, logvar, noise_sigma, n):
    total = -gaussian_kl(mu.unsqueeze(0), logvar.unsqueeze(0)).squeeze()
    for _ in range(n):
        w = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        squares = torch.sum((y - torch.mv(x, w)) ** 2)
        total = total - squares / (2 * noise_sigma**2 * n)
    return total - len(y) * math.log(noise_sigma * math.sqrt(2 * math.pi))
