# Goes draw by draw.

# %% grade_id="stl_elbo_gradient"
def stl_elbo_gradient(log_joint, mu, logvar, eps):
    pairs = []
    for e in eps:
        m, v = mu.clone().requires_grad_(), logvar.clone().requires_grad_()
        z = m + torch.exp(v / 2) * e
        log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum()
        pairs.append(torch.autograd.grad(log_joint(z[None])[0] - log_q, [m, v]))
    return torch.stack([p[0] for p in pairs]), torch.stack([p[1] for p in pairs])
