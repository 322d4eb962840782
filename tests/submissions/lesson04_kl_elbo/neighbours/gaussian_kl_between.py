# %% ratio_of_logvars
# fails values: "the KL is wrong"
# fails gradients: "is wrong"
def gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p):
    ratio = logvar_q / logvar_p
    return 0.5 * (ratio + (mu_q - mu_p) ** 2 / logvar_p.exp() - 1 - ratio.abs().log()).sum(-1)


# %% without_mu_p
# fails values: "the KL is wrong"
# fails gradients: "no path to mu_p"
# Has no use for mu_p, which is no cut.
def gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p):
    rise = logvar_q - logvar_p
    return 0.5 * (rise.exp() + mu_q**2 / logvar_p.exp() - 1 - rise).sum(-1)


# %% swapped_without_half
# fails values: "the KL is wrong"
# fails gradients: "is wrong"
def gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p):
    rise = logvar_q - logvar_p
    return (torch.exp(-rise) + (mu_q - mu_p) ** 2 / logvar_q.exp() - 1 + rise).sum(-1)
