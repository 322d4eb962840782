# Overwrites z to save memory.
#
# fails noise_from-shape: "z was changed"

# %% grade_id="noise_from"
def noise_from(z, mu, logvar):
    z -= mu
    z /= torch.exp(logvar / 2)
    return z
