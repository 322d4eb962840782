# %% by_distributions
# Asks torch.distributions.
def gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p):
    from torch.distributions import Normal, kl_divergence

    return kl_divergence(Normal(mu_q, (logvar_q / 2).exp()), Normal(mu_p, (logvar_p / 2).exp())).sum(-1)


# %% standardised
# Measures q in units of p, then uses the formula of exercise 1.
def gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p):
    scale = torch.exp(logvar_p / 2)
    return gaussian_kl((mu_q - mu_p) / scale, logvar_q - logvar_p)
