# Holds nothing: the ordinary gradient.
#
# fails stl_elbo_gradient-values: "the ordinary gradient"
# fails stl_elbo_gradient-optimum: "the ordinary gradient"

# %% grade_id="stl_elbo_gradient"
def stl_elbo_gradient(log_joint, mu, logvar, eps):
    m = mu.expand_as(eps).clone().requires_grad_()
    v = logvar.expand_as(eps).clone().requires_grad_()
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - m) ** 2 / v.exp() + v).sum(-1)
    return torch.autograd.grad((log_joint(z) - log_q).sum(), [m, v])
