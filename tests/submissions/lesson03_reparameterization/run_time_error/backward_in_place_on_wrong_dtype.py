# Divides whole numbers in place.
#
# fails reparameterize_backward-shape: "RuntimeError"
# fails reparameterize_backward-mu: "RuntimeError"
# fails reparameterize_backward-logvar: "RuntimeError"

# %% grade_id="reparameterize_backward"
def reparameterize_backward(grad_z, eps, logvar):
    half = torch.ones(1, dtype=torch.long)
    half /= 2
    return grad_z, half * grad_z * eps * torch.exp(logvar / 2)
