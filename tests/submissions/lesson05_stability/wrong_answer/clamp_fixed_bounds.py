# Uses 10 in place of the bounds.
#
# fails clamp_logvar-values: "the limits are always -10 and 10"

# %% grade_id="clamp_logvar"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return logvar.clamp(-10, 10)
