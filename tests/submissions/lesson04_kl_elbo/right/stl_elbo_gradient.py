# %% backward
# Calls backward, with torch.distributions.
def stl_elbo_gradient(log_joint, mu, logvar, eps):
    m = mu.repeat(len(eps), 1).requires_grad_()
    v = logvar.repeat(len(eps), 1).requires_grad_()
    z = m + torch.exp(v / 2) * eps
    held = torch.distributions.Normal(m.detach(), torch.exp(v / 2).detach())
    (log_joint(z) - held.log_prob(z).sum(-1)).sum().backward()
    return m.grad, v.grad


# %% by_hand
# Differentiates in z alone, and applies the chain rule by hand.
def stl_elbo_gradient(log_joint, mu, logvar, eps):
    sigma = torch.exp(logvar / 2)
    z = (mu + sigma * eps).detach().requires_grad_()
    slope = torch.autograd.grad(log_joint(z).sum(), z)[0] + eps / sigma
    return slope, slope * sigma * eps / 2


# %% draw_by_draw
# Goes draw by draw.
def stl_elbo_gradient(log_joint, mu, logvar, eps):
    pairs = []
    for e in eps:
        m, v = mu.clone().requires_grad_(), logvar.clone().requires_grad_()
        z = m + torch.exp(v / 2) * e
        log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum()
        pairs.append(torch.autograd.grad(log_joint(z[None])[0] - log_q, [m, v]))
    return torch.stack([p[0] for p in pairs]), torch.stack([p[1] for p in pairs])


# %% as_a_list
def stl_elbo_gradient(log_joint, mu, logvar, eps):
    m, v = (each.detach().expand_as(eps).clone().requires_grad_() for each in (mu, logvar))
    z = m + torch.exp(v / 2) * eps
    log_q = torch.distributions.Normal(mu.detach(), torch.exp(logvar.detach() / 2)).log_prob(z).sum(-1)
    return list(torch.autograd.grad((log_joint(z) - log_q).sum(), [m, v]))
