# Detaches z inside log q.
#
# fails stl_elbo_gradient-values: "z is detached inside log q"
# fails stl_elbo_gradient-optimum: "z is detached"

# %% grade_id="stl_elbo_gradient"
def stl_elbo_gradient(log_joint, mu, logvar, eps):
    m = mu.expand_as(eps).clone().requires_grad_()
    v = logvar.expand_as(eps).clone().requires_grad_()
    z = m + torch.exp(v / 2) * eps
    d = z.detach()
    log_q = -0.5 * ((d - m) ** 2 / v.exp() + v).sum(-1)
    return torch.autograd.grad((log_joint(z) - log_q).sum(), [m, v])
