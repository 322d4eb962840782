# Uses an odd power, which falls apart on the left.
#
# fails soft_clamp-bounds: "falls where logvar rises"
# fails soft_clamp-gradients: "is not positive"

# %% grade_id="soft_clamp"
def soft_clamp(logvar, low=-10.0, high=10.0):
    u = logvar / high
    return high * u / (1 + u.abs() ** 7) ** (1 / 6)
