# Forgets the factor 1/2.
#
# fails gaussian_kl_between-values: "the factor 1/2 is missing"
# fails gaussian_kl_between-gradients: "the factor 1/2 is missing"

# %% grade_id="gaussian_kl_between"
def gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p):
    d = logvar_q - logvar_p
    e = (mu_q - mu_p) ** 2
    return (d.exp() + e / logvar_p.exp() - 1 - d).sum(-1)
