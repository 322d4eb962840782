# Scales the gradient in mu.
#
# fails reparameterize_backward-mu: "grad_z * sigma: sigma scales eps, not mu"

# %% grade_id="reparameterize_backward"
def reparameterize_backward(grad_z, eps, logvar):
    sigma = torch.exp(logvar / 2)
    return grad_z * sigma, 0.5 * grad_z * eps * sigma
