# Overwrites the noise.
#
# fails reparameterize_backward-shape: "eps was changed"

# %% grade_id="reparameterize_backward"
def reparameterize_backward(grad_z, eps, logvar):
    eps *= 0.5 * torch.exp(logvar / 2)
    return grad_z, grad_z * eps
