# Stops at the gradient in sigma.
#
# fails reparameterize_backward-logvar: "grad_z * eps: that is the gradient in sigma"

# %% grade_id="reparameterize_backward"
def reparameterize_backward(grad_z, eps, logvar):
    return grad_z, grad_z * eps
