# Turns the sign.
#
# fails gaussian_kl-values: "the sign is turned"
# fails gaussian_kl-gradients: "the sign is turned"

# %% grade_id="gaussian_kl"
def gaussian_kl(mu, logvar):
    return 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(-1)
