# Multiplies by sigma once more.
#
# fails noise_from-values: "(z - mu) * sigma: sigma multiplies"

# %% grade_id="noise_from"
def noise_from(z, mu, logvar):
    return (z - mu) * torch.exp(logvar / 2)
