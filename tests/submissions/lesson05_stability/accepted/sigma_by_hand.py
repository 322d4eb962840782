# Writes the stable softplus out.

# %% grade_id="softplus_sigma"
def softplus_sigma(raw, floor=1e-4):
    return torch.relu(raw) + torch.log1p(torch.exp(-raw.abs())) + floor
