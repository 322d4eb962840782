# Takes sigma for the variance.
#
# fails gaussian_kl-values: "exp(logvar / 2) is sigma"
# fails gaussian_kl-gradients: "exp(logvar / 2) is sigma"

# %% grade_id="gaussian_kl"
def gaussian_kl(mu, logvar):
    return 0.5 * (mu**2 + torch.exp(logvar / 2) - 1 - logvar).sum(-1)
