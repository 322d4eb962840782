# Forgets the -1, which no gradient sees.
#
# fails gaussian_kl-values: "the -1 is missing"

# %% grade_id="gaussian_kl"
def gaussian_kl(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - logvar).sum(-1)
