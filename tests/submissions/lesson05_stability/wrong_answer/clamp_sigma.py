# Limits sigma, and returns it.
#
# fails clamp_logvar-values: "clamps sigma: exp(logvar / 2) was limited"
# fails clamp_logvar-gradients: "clamps sigma: exp(logvar / 2) was limited"

# %% grade_id="clamp_logvar"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    sigma = torch.exp(logvar / 2)
    return torch.clamp(sigma, low, high)
