# Forgets sigma.
#
# fails reparameterize_backward-logvar: "sigma is missing"

# %% grade_id="reparameterize_backward"
def reparameterize_backward(grad_z, eps, logvar):
    return grad_z, 0.5 * grad_z * eps
