# %% score_function
# fails values: "is wrong"
# fails optimum: "is wrong"
def stl_elbo_gradient(log_joint, mu, logvar, eps):
    m, v = (each.expand_as(eps).clone().requires_grad_() for each in (mu, logvar))
    z = (m + torch.exp(v / 2) * eps).detach()
    log_q = -0.5 * ((z - m) ** 2 / v.exp() + v).sum(-1)
    return torch.autograd.grad(((log_joint(z) - log_q).detach() * log_q).sum(), [m, v])


# %% all_draws_in_one
# fails shape: averaged
# fails values: "wrong shape"
# fails optimum: "wrong shape"
def stl_elbo_gradient(log_joint, mu, logvar, eps):
    m, v = mu.clone().requires_grad_(), logvar.clone().requires_grad_()
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    (log_joint(z) - log_q).sum().backward()
    return m.grad, v.grad


# %% exchanged_and_turned
# fails values: "is wrong"
def stl_elbo_gradient(log_joint, mu, logvar, eps):
    m, v = (each.expand_as(eps).clone().requires_grad_() for each in (mu, logvar))
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    grad_mu, grad_logvar = torch.autograd.grad((log_q - log_joint(z)).sum(), [m, v])
    return grad_logvar, grad_mu
