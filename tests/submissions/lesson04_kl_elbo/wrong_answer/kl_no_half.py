# Forgets the factor 1/2.
#
# fails gaussian_kl-values: "the factor 1/2 is missing"
# fails gaussian_kl-gradients: "the factor 1/2 is missing"

# %% grade_id="gaussian_kl"
def gaussian_kl(mu, logvar):
    return (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
