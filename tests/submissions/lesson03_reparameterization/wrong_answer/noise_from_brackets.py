# Forgets the brackets.
#
# fails noise_from-values: "z - mu / sigma: division comes before the minus"

# %% grade_id="noise_from"
def noise_from(z, mu, logvar):
    return z - mu / torch.exp(logvar / 2)
