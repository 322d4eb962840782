# Calls a method that tensors do not have.
#
# fails softplus_sigma-shape: "has no attribute 'softplus'"
# fails softplus_sigma-values: "has no attribute 'softplus'"
# fails softplus_sigma-floor: "has no attribute 'softplus'"
# fails softplus_sigma-extremes: "has no attribute 'softplus'"
# fails softplus_sigma-gradients: "has no attribute 'softplus'"

# %% grade_id="softplus_sigma"
def softplus_sigma(raw, floor=1e-4):
    return raw.softplus() + floor
