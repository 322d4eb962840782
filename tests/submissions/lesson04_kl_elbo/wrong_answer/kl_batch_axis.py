# Sums over the batch and keeps the latents.
#
# fails gaussian_kl-shape: "the sum runs over the batch"

# %% grade_id="gaussian_kl"
def gaussian_kl(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(0)
