# %% hardtanh
# Uses the hard hyperbolic tangent of a layer.
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return nn.Hardtanh(low, high)(logvar)


# %% method
# Uses the method of the tensor.
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return logvar.clamp(min=low, max=high)


# %% min_max
# Takes the minimum and the maximum with tensors of the bounds.
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return torch.minimum(torch.maximum(logvar, torch.full_like(logvar, low)), torch.full_like(logvar, high))


# %% two_relus
# Adds up two ramps.
def clamp_logvar(logvar, low=-10.0, high=10.0):
    ramp = F.relu(logvar - low) - F.relu(logvar - high)
    return low + ramp


# %% where
# Chooses with torch.where, twice.
def clamp_logvar(logvar, low=-10.0, high=10.0):
    raised = torch.where(logvar < low, torch.full_like(logvar, low), logvar)
    return torch.where(raised > high, torch.full_like(logvar, high), raised)


# %% median
# Takes the middle one of three.
def clamp_logvar(logvar, low=-10.0, high=10.0):
    lo, hi = torch.full_like(logvar, low), torch.full_like(logvar, high)
    return torch.stack([logvar, lo, hi]).median(0).values


# %% one_by_one
# Takes the elements one by one.
def clamp_logvar(logvar, low=-10.0, high=10.0):
    flat = [v if low <= v <= high else torch.full_like(v, low if v < low else high) for v in logvar.flatten()]
    return torch.stack(flat).reshape(logvar.shape)


# %% masked_fill
# Fills by masks.
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return logvar.masked_fill(logvar < low, low).masked_fill(logvar > high, high)
