# Takes the exponential.
#
# fails softplus_sigma-values: "exp(raw): it is positive, but it is not a softplus"
# fails softplus_sigma-extremes: "exp(raw): it is positive, but it is not a softplus"
# fails softplus_sigma-gradients: "exp(raw): it is positive, but it is not a softplus"

# %% grade_id="softplus_sigma"
def softplus_sigma(raw, floor=1e-4):
    return torch.exp(raw) + floor
