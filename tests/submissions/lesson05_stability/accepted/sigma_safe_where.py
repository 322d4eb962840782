# Makes the argument safe before it chooses.

# %% grade_id="softplus_sigma"
def softplus_sigma(raw, floor=1e-4):
    large = raw > 30
    safe = torch.where(large, torch.zeros_like(raw), raw)
    return torch.where(large, raw, torch.log1p(torch.exp(safe))) + floor
