# Multiplies by exp(-logvar / 2).

# %% grade_id="noise_from"
def noise_from(z, mu, logvar):
    return (z - mu) * torch.exp(-0.5 * logvar)
