# Turns the power round outside, so that it cannot overflow.

# %% grade_id="soft_clamp"
def soft_clamp(logvar, low=-10.0, high=10.0):
    c, h = (low + high) / 2, (high - low) / 2
    u = (logvar - c) / h
    inner = u.clamp(-1, 1)
    outer = torch.where(u.abs() < 1, torch.ones_like(u), u)
    near = inner / (1 + inner.abs() ** 6) ** (1 / 6)
    far = outer.sign() / (1 + outer.abs() ** -6) ** (1 / 6)
    return c + h * torch.where(u.abs() < 1, near, far)
