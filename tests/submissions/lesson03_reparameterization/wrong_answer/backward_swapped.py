# Returns the two gradients in the wrong order.
#
# fails reparameterize_backward-mu: "the pair is the wrong way round"
# fails reparameterize_backward-logvar: "the pair is the wrong way round"

# %% grade_id="reparameterize_backward"
def reparameterize_backward(grad_z, eps, logvar):
    sigma = torch.exp(logvar / 2)
    return 0.5 * grad_z * eps * sigma, grad_z
