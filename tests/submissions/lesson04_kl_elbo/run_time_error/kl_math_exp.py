# Calls math.exp with a tensor.
#
# fails gaussian_kl-shape: "line 2 of your cell"
# fails gaussian_kl-values: "line 2 of your cell"
# fails gaussian_kl-gradients: "line 2 of your cell"

# %% grade_id="gaussian_kl"
def gaussian_kl(mu, logvar):
    return 0.5 * (mu**2 + math.exp(logvar) - 1 - logvar).sum(-1)
