# Takes the maximum with the upper bound and the minimum with the lower one.
#
# fails clamp_logvar-values: "the bounds are swapped: every element becomes high"
# fails clamp_logvar-gradients: "are the bounds swapped?"

# %% grade_id="clamp_logvar"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return logvar.clamp(max=low).clamp(min=high)
