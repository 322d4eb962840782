# Adds the floor to raw.
#
# fails softplus_sigma-floor: "softplus(raw + floor): the floor is added to raw"

# %% grade_id="softplus_sigma"
def softplus_sigma(raw, floor=1e-4):
    return F.softplus(raw + floor)
