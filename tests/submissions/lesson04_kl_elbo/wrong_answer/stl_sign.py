# Returns the gradient of the loss.
#
# fails stl_elbo_gradient-values: "the sign is turned"

# %% grade_id="stl_elbo_gradient"
def stl_elbo_gradient(log_joint, mu, logvar, eps):
    m = mu.expand_as(eps).clone().requires_grad_()
    v = logvar.expand_as(eps).clone().requires_grad_()
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    return torch.autograd.grad((log_q - log_joint(z)).sum(), [m, v])
