# Subtracts the mean and stops.
#
# fails noise_from-values: "z - mu: it is not divided by sigma"

# %% grade_id="noise_from"
def noise_from(z, mu, logvar):
    return z - mu
