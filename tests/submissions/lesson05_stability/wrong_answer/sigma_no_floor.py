# Forgets the floor.
#
# fails softplus_sigma-floor: "there is no floor"

# %% grade_id="softplus_sigma"
def softplus_sigma(raw, floor=1e-4):
    return F.softplus(raw)
