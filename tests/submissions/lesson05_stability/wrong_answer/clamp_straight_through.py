# Lets the gradient pass outside the interval.
#
# fails clamp_logvar-gradients: "the gradient passes as if there were no clamp"

# %% grade_id="clamp_logvar"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return logvar + (logvar.clamp(low, high) - logvar).detach()
