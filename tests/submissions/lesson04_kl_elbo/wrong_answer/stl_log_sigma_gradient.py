# Returns the gradient in log sigma.
#
# fails stl_elbo_gradient-values: "that is the gradient in log sigma"

# %% grade_id="stl_elbo_gradient"
def stl_elbo_gradient(log_joint, mu, logvar, eps):
    m = mu.expand_as(eps).clone().requires_grad_()
    v = logvar.expand_as(eps).clone().requires_grad_()
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    g = torch.autograd.grad((log_joint(z) - log_q).sum(), [m, v])
    return g[0], 2 * g[1]
