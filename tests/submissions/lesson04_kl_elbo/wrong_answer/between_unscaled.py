# Leaves the distance of the means unscaled.
#
# fails gaussian_kl_between-values: "is not divided by the variance of p"
# fails gaussian_kl_between-gradients: "is not divided by the variance of p"

# %% grade_id="gaussian_kl_between"
def gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p):
    d = logvar_q - logvar_p
    e = (mu_q - mu_p) ** 2
    return 0.5 * (d.exp() + e - 1 - d).sum(-1)
