# Gives the upper bound first.
#
# fails clamp_logvar-values: "the bounds are swapped: every element becomes low"
# fails clamp_logvar-gradients: "are the bounds swapped?"

# %% grade_id="clamp_logvar"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return torch.clamp(logvar, high, low)
