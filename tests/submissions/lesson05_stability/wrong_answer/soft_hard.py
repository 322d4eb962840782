# Clamps hard.
#
# fails soft_clamp-gradients: "a hard clamp: outside the interval its gradient is 0"

# %% grade_id="soft_clamp"
def soft_clamp(logvar, low=-10.0, high=10.0):
    return logvar.clamp(low, high)
