# Makes a new tensor of the result.
#
# fails softplus_sigma-gradients: "detach(), .data, no_grad()"

# %% grade_id="softplus_sigma"
def softplus_sigma(raw, floor=1e-4):
    return torch.tensor((F.softplus(raw) + floor).tolist(), dtype=raw.dtype)
