# Limits the variance, and returns it.
#
# fails clamp_logvar-values: "clamps the variance: exp(logvar) was limited"
# fails clamp_logvar-gradients: "clamps the variance: exp(logvar) was limited"

# %% grade_id="clamp_logvar"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return torch.exp(logvar).clamp(low, high)
