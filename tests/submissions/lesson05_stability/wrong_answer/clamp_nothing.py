# Returns logvar.
#
# fails clamp_logvar-values: "nothing is limited"
# fails clamp_logvar-gradients: "nothing is limited"

# %% grade_id="clamp_logvar"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return logvar * 1
