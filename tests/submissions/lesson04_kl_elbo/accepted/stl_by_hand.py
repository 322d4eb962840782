# Differentiates in z alone, and applies the chain rule by hand.

# %% grade_id="stl_elbo_gradient"
def stl_elbo_gradient(log_joint, mu, logvar, eps):
    sigma = torch.exp(logvar / 2)
    z = (mu + sigma * eps).detach().requires_grad_()
    slope = torch.autograd.grad(log_joint(z).sum(), z)[0] + eps / sigma
    return slope, slope * sigma * eps / 2
