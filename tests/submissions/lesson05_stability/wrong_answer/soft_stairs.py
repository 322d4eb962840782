# Clamps the value and lets the gradient of the soft curve pass.
#
# fails soft_clamp-middle: "within 0.05"
# fails soft_clamp-gradients: "the gradient is not its slope"

# %% grade_id="soft_clamp"
def soft_clamp(logvar, low=-10.0, high=10.0):
    u = logvar / high
    soft = high * u / (1 + u**6) ** (1 / 6)
    return soft + (logvar.clamp(low, high).round() - soft).detach()
