# Draws noise of its own.
#
# fails stl_elbo_gradient-values: "is wrong"

# %% grade_id="stl_elbo_gradient"
def stl_elbo_gradient(log_joint, mu, logvar, eps):
    m = mu.expand_as(eps).clone().requires_grad_()
    v = logvar.expand_as(eps).clone().requires_grad_()
    z = m + torch.exp(v / 2) * torch.randn_like(eps)
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    return torch.autograd.grad((log_joint(z) - log_q).sum(), [m, v])
