# Uses math.exp on a tensor.
#
# fails noise_from-shape: "line 2 of your cell: return (z - mu) / math.exp(logvar / 2)"
# fails noise_from-values: "line 2 of your cell: return (z - mu) / math.exp(logvar / 2)"

# %% grade_id="noise_from"
def noise_from(z, mu, logvar):
    return (z - mu) / math.exp(logvar / 2)
