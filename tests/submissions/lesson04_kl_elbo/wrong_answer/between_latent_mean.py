# Averages over the latents.
#
# fails gaussian_kl_between-values: "the mean over the latent dimension"
# fails gaussian_kl_between-gradients: "the mean over the latent dimension"

# %% grade_id="gaussian_kl_between"
def gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p):
    d = logvar_q - logvar_p
    e = (mu_q - mu_p) ** 2
    return 0.5 * (d.exp() + e / logvar_p.exp() - 1 - d).mean(-1)
