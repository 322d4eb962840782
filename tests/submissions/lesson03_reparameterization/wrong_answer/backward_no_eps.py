# Forgets the noise.
#
# fails reparameterize_backward-logvar: "eps is missing"

# %% grade_id="reparameterize_backward"
def reparameterize_backward(grad_z, eps, logvar):
    sigma = torch.exp(logvar / 2)
    return grad_z, 0.5 * grad_z * sigma
