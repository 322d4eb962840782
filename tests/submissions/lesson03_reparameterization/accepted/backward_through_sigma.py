# Goes through sigma, one link of the chain at a time.

# %% grade_id="reparameterize_backward"
def reparameterize_backward(grad_z, eps, logvar):
    sigma = logvar.exp().sqrt()
    grad_sigma = grad_z * eps
    grad_logvar = grad_sigma * sigma / 2
    return grad_z.clone(), grad_logvar
