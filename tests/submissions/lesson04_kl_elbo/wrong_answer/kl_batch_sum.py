# Sums over everything.
#
# fails gaussian_kl-shape: "the batch is summed too"

# %% grade_id="gaussian_kl"
def gaussian_kl(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
