# Takes the smaller of softplus and floor.
#
# fails softplus_sigma-values: "min in place of max"
# fails softplus_sigma-floor: "is below floor"
# fails softplus_sigma-extremes: "min in place of max"
# fails softplus_sigma-gradients: "the gradient in raw is zero"

# %% grade_id="softplus_sigma"
def softplus_sigma(raw, floor=1e-4):
    return F.softplus(raw).clamp(max=floor)
