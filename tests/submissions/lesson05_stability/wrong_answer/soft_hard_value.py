# Clamps the value and lets the gradient pass as it is.
#
# fails soft_clamp-gradients: "the gradient is not its slope"

# %% grade_id="soft_clamp"
def soft_clamp(logvar, low=-10.0, high=10.0):
    return logvar + (logvar.clamp(low, high) - logvar).detach()
