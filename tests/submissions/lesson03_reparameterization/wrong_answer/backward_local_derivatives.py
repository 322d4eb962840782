# Returns dz/dmu and dz/dlogvar, without the chain rule.
#
# fails reparameterize_backward-mu: "dz/dmu alone: the chain rule multiplies it by grad_z"
# fails reparameterize_backward-logvar: "dz/dlogvar alone: the chain rule multiplies it by grad_z"

# %% grade_id="reparameterize_backward"
def reparameterize_backward(grad_z, eps, logvar):
    sigma = torch.exp(logvar / 2)
    return torch.ones_like(grad_z), 0.5 * eps * sigma
