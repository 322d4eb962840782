# Limits from below only.
#
# fails clamp_logvar-values: "only low is used"
# fails clamp_logvar-gradients: "only low is used"

# %% grade_id="clamp_logvar"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return logvar.clamp(min=low)
