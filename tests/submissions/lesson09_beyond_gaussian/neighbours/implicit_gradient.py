# %% clipped
# fails values: "dx/dtheta is wrong"
# fails gamma: "dx/dtheta of a Gamma distribution is wrong"
# fails mixture: "dx/dtheta of a mixture is wrong"
def implicit_gradient(cdf, x, theta):
    x, theta = x.detach().clone().requires_grad_(), theta.detach().clone().requires_grad_()
    by_x, by_theta = torch.autograd.grad(cdf(x, theta).sum(), (x, theta))
    return (-by_theta / by_x).clamp(-0.5, 0.5)


# %% mean_density
# fails values: "dx/dtheta is wrong"
# fails gamma: "dx/dtheta of a Gamma distribution is wrong"
# fails mixture: "dx/dtheta of a mixture is wrong"
def implicit_gradient(cdf, x, theta):
    x, theta = x.detach().clone().requires_grad_(), theta.detach().clone().requires_grad_()
    by_x, by_theta = torch.autograd.grad(cdf(x, theta).sum(), (x, theta))
    return -by_theta / by_x.mean()


# %% in_the_logarithm_of_theta
# fails values: "dx/dtheta is wrong"
# fails gamma: "dx/dtheta of a Gamma distribution is wrong"
# fails mixture: "dx/dtheta of a mixture is wrong"
def implicit_gradient(cdf, x, theta):
    x, theta = x.detach().clone().requires_grad_(), theta.detach().clone().requires_grad_()
    by_x, by_theta = torch.autograd.grad(cdf(x, theta).sum(), (x, theta))
    return -by_theta / by_x * theta.detach()


# %% gradient_reset
# Sets .grad back to None, and leaves requires_grad changed.
# fails arguments: flagged
def implicit_gradient(cdf, x, theta):
    x, theta = x.requires_grad_(), theta.requires_grad_()
    x.retain_grad()
    cdf(x, theta).sum().backward()
    result = -theta.grad / x.grad
    x.grad = theta.grad = None
    return result


# %% a_list
# fails shape: "is not a tensor"
# fails values: "is not a tensor"
# fails gamma: "is not a tensor"
# fails mixture: "is not a tensor"
# fails arguments: "is not a tensor"
def implicit_gradient(cdf, x, theta):
    x, theta = x.detach().clone().requires_grad_(), theta.detach().clone().requires_grad_()
    by_x, by_theta = torch.autograd.grad(cdf(x, theta).sum(), (x, theta))
    return [-by_theta / by_x]
