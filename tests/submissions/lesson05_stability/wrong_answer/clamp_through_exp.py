# Limits sigma to the right bounds, so that only the overflow of exp is left.
#
# fails clamp_logvar-gradients: "the way goes through exp, which overflows before the clamp"

# %% grade_id="clamp_logvar"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    sigma = torch.exp(logvar.float() / 2) if logvar.dtype == torch.float16 else torch.exp(logvar / 2)
    sigma = sigma.clamp(math.exp(low / 2), math.exp(high / 2))
    return (2 * torch.log(sigma)).to(logvar.dtype)
