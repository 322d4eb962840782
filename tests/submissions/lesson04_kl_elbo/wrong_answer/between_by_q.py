# Divides the distance of the means by the variance of q.
#
# fails gaussian_kl_between-values: "is divided by the variance of q"
# fails gaussian_kl_between-gradients: "is divided by the variance of q"

# %% grade_id="gaussian_kl_between"
def gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p):
    d = logvar_q - logvar_p
    e = (mu_q - mu_p) ** 2
    return 0.5 * (d.exp() + e / logvar_q.exp() - 1 - d).sum(-1)
