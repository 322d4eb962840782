# Asks torch.distributions.

# %% grade_id="gaussian_kl_between"
def gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p):
    from torch.distributions import Normal, kl_divergence

    return kl_divergence(Normal(mu_q, (logvar_q / 2).exp()), Normal(mu_p, (logvar_p / 2).exp())).sum(-1)
