# Reads logvar as the logarithm of sigma.
#
# fails gaussian_kl-values: "logvar is read as log sigma"
# fails gaussian_kl-gradients: "logvar is read as log sigma"

# %% grade_id="gaussian_kl"
def gaussian_kl(mu, logvar):
    return 0.5 * (mu**2 + torch.exp(2 * logvar) - 1 - 2 * logvar).sum(-1)
