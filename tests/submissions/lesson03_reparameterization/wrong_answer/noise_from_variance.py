# Divides by the variance.
#
# fails noise_from-values: "(z - mu) / exp(logvar): that divides by the variance"

# %% grade_id="noise_from"
def noise_from(z, mu, logvar):
    return (z - mu) / torch.exp(logvar)
