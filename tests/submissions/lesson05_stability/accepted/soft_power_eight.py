# Uses the eighth power.

# %% grade_id="soft_clamp"
def soft_clamp(logvar, low=-10.0, high=10.0):
    c, h = (low + high) / 2, (high - low) / 2
    u = (logvar - c) / h
    return c + h * u * (1 + u**8) ** (-1 / 8)
