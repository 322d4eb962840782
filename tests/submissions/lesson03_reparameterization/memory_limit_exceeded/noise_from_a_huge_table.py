# Makes a table of sixteen gigabytes to look one number up in.
#
# fails noise_from-shape: "can't allocate memory"
# fails noise_from-values: "can't allocate memory"

# %% grade_id="noise_from"
def noise_from(z, mu, logvar):
    table = torch.empty(16, 2**28, dtype=torch.float32)
    return (z - mu) / torch.exp(0.5 * logvar) + 0 * table[0, 0]
