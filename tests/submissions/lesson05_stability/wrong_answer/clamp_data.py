# Clamps the data of the tensor.
#
# fails clamp_logvar-gradients: "detach(), .data, no_grad()"

# %% grade_id="clamp_logvar"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return logvar.data.clamp(low, high)
