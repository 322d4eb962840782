# Blends softplus and floor by a root of squares.

# %% grade_id="softplus_sigma"
def softplus_sigma(raw, floor=1e-4):
    return torch.maximum(torch.hypot(F.softplus(raw), torch.full_like(raw, floor)), torch.full_like(raw, floor))
