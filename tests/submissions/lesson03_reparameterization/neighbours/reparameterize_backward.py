# %% grad_z_twice
# fails logvar: "grad_logvar is wrong"
def reparameterize_backward(grad_z, eps, logvar):
    return grad_z, grad_z


# %% one_local_derivative
# fails mu: local_derivatives
def reparameterize_backward(grad_z, eps, logvar):
    return torch.ones_like(grad_z), 0.5 * grad_z * eps * torch.exp(logvar / 2)


# %% swapped_with_the_variance
# fails mu: "grad_mu is wrong"
# fails logvar: "grad_logvar is wrong"
def reparameterize_backward(grad_z, eps, logvar):
    return 0.5 * grad_z * eps * torch.exp(logvar), grad_z


# %% one_term_too_many
# fails logvar: "grad_logvar is wrong"
def reparameterize_backward(grad_z, eps, logvar):
    return grad_z, grad_z * eps * torch.exp(logvar / 2) - eps / 2


# %% absolute_noise
# fails logvar: "grad_logvar is wrong"
def reparameterize_backward(grad_z, eps, logvar):
    return grad_z, 0.5 * grad_z * eps.abs() * torch.exp(logvar / 2)


# %% logvar_clamped
# fails logvar: "grad_logvar is wrong"
def reparameterize_backward(grad_z, eps, logvar):
    return grad_z, 0.5 * grad_z * eps * torch.exp(logvar.clamp(-10, 10) / 2)
