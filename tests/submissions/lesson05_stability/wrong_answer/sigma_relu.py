# Uses a ReLU.
#
# fails softplus_sigma-values: "relu(raw): it has a corner"
# fails softplus_sigma-gradients: "relu(raw): it has a corner"

# %% grade_id="softplus_sigma"
def softplus_sigma(raw, floor=1e-4):
    return F.relu(raw) + floor
