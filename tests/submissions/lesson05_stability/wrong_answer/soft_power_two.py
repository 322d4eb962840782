# Uses the second power.
#
# fails soft_clamp-middle: "the power 2 bends too early"

# %% grade_id="soft_clamp"
def soft_clamp(logvar, low=-10.0, high=10.0):
    u = logvar / high
    return high * u / torch.sqrt(1 + u**2)
