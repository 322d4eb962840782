# Uses 1e-4 whatever floor is.
#
# fails softplus_sigma-floor: "the floor is always 1e-4"

# %% grade_id="softplus_sigma"
def softplus_sigma(raw, floor=1e-4):
    return F.softplus(raw) + 1e-4
