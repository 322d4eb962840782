# Averages over the batch as well.
#
# fails gaussian_kl_between-shape: "one number for each row"
# fails gaussian_kl_between-values: "the KL is wrong"
# fails gaussian_kl_between-gradients: "is wrong"

# %% grade_id="gaussian_kl_between"
def gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p):
    d = logvar_q - logvar_p
    return 0.5 * (d.exp() + (mu_q - mu_p) ** 2 / logvar_p.exp() - 1 - d).sum(-1).mean()
