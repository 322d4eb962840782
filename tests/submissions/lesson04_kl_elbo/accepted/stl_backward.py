# Calls backward, with torch.distributions.

# %% grade_id="stl_elbo_gradient"
def stl_elbo_gradient(log_joint, mu, logvar, eps):
    m = mu.repeat(len(eps), 1).requires_grad_()
    v = logvar.repeat(len(eps), 1).requires_grad_()
    z = m + torch.exp(v / 2) * eps
    held = torch.distributions.Normal(m.detach(), torch.exp(v / 2).detach())
    (log_joint(z) - held.log_prob(z).sum(-1)).sum().backward()
    return m.grad, v.grad
