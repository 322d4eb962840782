# Exchanges the two distributions.
#
# fails gaussian_kl_between-values: "the two distributions have changed places"
# fails gaussian_kl_between-gradients: "the two distributions have changed places"

# %% grade_id="gaussian_kl_between"
def gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p):
    d = logvar_q - logvar_p
    e = (mu_q - mu_p) ** 2
    return 0.5 * (torch.exp(-d) + e / logvar_q.exp() - 1 + d).sum(-1)
