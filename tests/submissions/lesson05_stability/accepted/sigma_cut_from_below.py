# Takes the larger of softplus and floor.

# %% grade_id="softplus_sigma"
def softplus_sigma(raw, floor=1e-4):
    return F.softplus(raw).clamp(min=floor)
