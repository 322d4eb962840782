# Limits sigma, and takes its logarithm again.
#
# fails clamp_logvar-values: "clamps sigma, then takes the logarithm"
# fails clamp_logvar-gradients: "clamps sigma, then takes the logarithm"

# %% grade_id="clamp_logvar"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    sigma = torch.exp(logvar / 2).clamp(low, high)
    return 2 * torch.log(sigma)
