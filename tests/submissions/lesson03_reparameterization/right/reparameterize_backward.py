# %% in_one_line
# Returns a list, computed in one line.
def reparameterize_backward(grad_z, eps, logvar):
    return [grad_z * 1, torch.exp(0.5 * logvar).mul(eps).mul(grad_z).div(2)]


# %% through_sigma
# Goes through sigma, one link of the chain at a time.
def reparameterize_backward(grad_z, eps, logvar):
    sigma = logvar.exp().sqrt()
    grad_sigma = grad_z * eps
    grad_logvar = grad_sigma * sigma / 2
    return grad_z.clone(), grad_logvar


# %% in_place_on_a_copy
# Works in place, on a copy.
def reparameterize_backward(grad_z, eps, logvar):
    grad_logvar = logvar.clone()
    grad_logvar.mul_(0.5).exp_().mul_(eps).mul_(grad_z).mul_(0.5)
    return grad_z.clone(), grad_logvar
