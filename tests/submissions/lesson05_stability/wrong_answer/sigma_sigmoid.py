# Uses a sigmoid.
#
# fails softplus_sigma-values: "sigmoid(raw) never exceeds 1"
# fails softplus_sigma-extremes: "sigmoid(raw) never exceeds 1"
# fails softplus_sigma-gradients: "sigmoid(raw) never exceeds 1"

# %% grade_id="softplus_sigma"
def softplus_sigma(raw, floor=1e-4):
    return torch.sigmoid(raw) + floor
