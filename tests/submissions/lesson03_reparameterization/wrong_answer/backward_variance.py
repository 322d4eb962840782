# Takes the variance for the standard deviation.
#
# fails reparameterize_backward-logvar: "exp(logvar) in place of exp(logvar / 2)"

# %% grade_id="reparameterize_backward"
def reparameterize_backward(grad_z, eps, logvar):
    return grad_z, 0.5 * grad_z * eps * torch.exp(logvar)
