# Uses the fourth power.
#
# fails soft_clamp-middle: "the power 4 bends a little too early"

# %% grade_id="soft_clamp"
def soft_clamp(logvar, low=-10.0, high=10.0):
    u = logvar / high
    return high * u / (1 + u**4) ** 0.25
