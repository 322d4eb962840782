# Uses logaddexp with 0, and a tensor of the floor.

# %% grade_id="softplus_sigma"
def softplus_sigma(raw, floor=1e-4):
    return torch.maximum(torch.logaddexp(raw, torch.zeros_like(raw)), torch.full_like(raw, floor))
