# Forgets the factor 1/2.
#
# fails reparameterize_backward-logvar: "the factor 1/2 is missing"

# %% grade_id="reparameterize_backward"
def reparameterize_backward(grad_z, eps, logvar):
    sigma = torch.exp(logvar / 2)
    return grad_z, grad_z * eps * sigma
