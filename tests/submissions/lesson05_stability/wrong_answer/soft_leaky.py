# Leaves a small slope outside the bounds.
#
# fails soft_clamp-bounds: "leaves the bounds"
# fails soft_clamp-gradients: "jumps"

# %% grade_id="soft_clamp"
def soft_clamp(logvar, low=-10.0, high=10.0):
    hard = logvar.clamp(low, high)
    return hard + 0.01 * (logvar - hard)
