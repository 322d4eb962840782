# Clamps the data in place.
#
# fails clamp_logvar-shape: "an operation in place"
# fails clamp_logvar-gradients: "the gradient passes as if there were no clamp"

# %% grade_id="clamp_logvar"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    logvar.data.clamp_(low, high)
    return logvar
