# Scales a hyperbolic tangent to the bounds.
#
# fails soft_clamp-middle: "10 tanh(logvar / 10) is not the identity in the middle"

# %% grade_id="soft_clamp"
def soft_clamp(logvar, low=-10.0, high=10.0):
    c, h = (low + high) / 2, (high - low) / 2
    return c + h * torch.tanh((logvar - c) / h)
