# Computes KL(p || q).
#
# fails gaussian_kl-values: "KL(p || q), the reverse"
# fails gaussian_kl-gradients: "KL(p || q), the reverse"

# %% grade_id="gaussian_kl"
def gaussian_kl(mu, logvar):
    return 0.5 * ((1 + mu**2) / logvar.exp() - 1 + logvar).sum(-1)
