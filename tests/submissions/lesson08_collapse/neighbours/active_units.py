# %% neighbours
# The squared distance from row to row.
# fails values: "the number of active units"
# fails threshold: "the number of active units"
def active_units(mu, threshold=0.01):
    return int((mu - mu.roll(1, dims=0)).square().sum(dim=0).gt(threshold).sum())


# %% mean_deviation
# fails values: "the number of active units"
# fails threshold: "the number of active units"
def active_units(mu, threshold=0.01):
    return int(((mu - mu.mean(dim=0)).abs().mean(dim=0) > threshold).sum())


# %% another_default
# fails values: "the number of active units"
def active_units(mu, threshold=0.1):
    return int((mu.var(dim=0) > threshold).sum())


# %% any_active
# fails result: "an int"
# fails values: "the number of active units"
# fails threshold: "the number of active units"
def active_units(mu, threshold=0.01):
    return bool((mu.var(dim=0) > threshold).any())


# %% shares_of_rows
# The share of 9 rows, which is no share of 6 latents.
# fails result: "an int"
# fails values: "the number of active units"
# fails threshold: "the number of active units"
def active_units(mu, threshold=0.01):
    return float((mu.var(dim=0) > threshold).sum()) / len(mu)
