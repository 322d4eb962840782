# Subtracts the floor.
#
# fails softplus_sigma-values: "the floor is subtracted"
# fails softplus_sigma-floor: "is below floor"
# fails softplus_sigma-extremes: "the floor is subtracted"

# %% grade_id="softplus_sigma"
def softplus_sigma(raw, floor=1e-4):
    return F.softplus(raw) - floor
