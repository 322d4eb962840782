# Takes sigmas for variances.
#
# fails gaussian_kl_between-values: "exp(logvar / 2) is sigma"
# fails gaussian_kl_between-gradients: "exp(logvar / 2) is sigma"

# %% grade_id="gaussian_kl_between"
def gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p):
    d = logvar_q - logvar_p
    e = (mu_q - mu_p) ** 2
    return 0.5 * (torch.exp(d / 2) + e / torch.exp(logvar_p / 2) - 1 - d).sum(-1)
