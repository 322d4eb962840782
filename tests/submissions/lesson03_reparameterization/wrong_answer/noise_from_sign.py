# Subtracts the wrong way round.
#
# fails noise_from-values: "(mu - z) / sigma: the sign is turned"

# %% grade_id="noise_from"
def noise_from(z, mu, logvar):
    return (mu - z) / torch.exp(logvar / 2)
