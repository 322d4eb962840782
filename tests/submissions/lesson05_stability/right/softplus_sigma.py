# %% by_hand
# Writes the stable softplus out.
def softplus_sigma(raw, floor=1e-4):
    return torch.relu(raw) + torch.log1p(torch.exp(-raw.abs())) + floor


# %% cut_from_below
# Takes the larger of softplus and floor.
def softplus_sigma(raw, floor=1e-4):
    return F.softplus(raw).clamp(min=floor)


# %% log_sigmoid
# Turns the logarithm of a sigmoid round.
def softplus_sigma(raw, floor=1e-4):
    return floor - F.logsigmoid(-raw)


# %% logaddexp
# Uses logaddexp with 0, and a tensor of the floor.
def softplus_sigma(raw, floor=1e-4):
    return torch.maximum(torch.logaddexp(raw, torch.zeros_like(raw)), torch.full_like(raw, floor))


# %% safe_where
# Makes the argument safe before it chooses.
def softplus_sigma(raw, floor=1e-4):
    large = raw > 30
    safe = torch.where(large, torch.zeros_like(raw), raw)
    return torch.where(large, raw, torch.log1p(torch.exp(safe))) + floor


# %% smooth_floor
# Blends softplus and floor by a root of squares.
def softplus_sigma(raw, floor=1e-4):
    return torch.maximum(torch.hypot(F.softplus(raw), torch.full_like(raw, floor)), torch.full_like(raw, floor))


# %% logsumexp
# Uses logsumexp with 0.
def softplus_sigma(raw, floor=1e-4):
    return torch.logsumexp(torch.stack([raw, torch.zeros_like(raw)]), 0) + floor


# %% root_of_squares
# Blends softplus and floor by a root of squares.
def softplus_sigma(raw, floor=1e-4):
    sp = F.softplus(raw)
    return (sp**2 + floor**2).sqrt()


# %% threshold
# Cuts with F.threshold.
def softplus_sigma(raw, floor=1e-4):
    return F.threshold(F.softplus(raw), floor, floor)
