# %% by_element
# Goes backward from every element.
def implicit_gradient(cdf, x, theta):
    result = torch.empty_like(x.detach())
    for i in range(x.numel()):
        one = x.detach().reshape(-1)[i].clone().requires_grad_()
        other = theta.detach().reshape(-1)[i].clone().requires_grad_()
        cdf(one, other).backward()
        result.view(-1)[i] = -other.grad / one.grad
    return result


# %% forward_mode
# Two products of the Jacobian with a vector.
def implicit_gradient(cdf, x, theta):
    x, theta = x.detach(), theta.detach()
    ones = torch.ones_like(x)
    by_x = torch.func.jvp(lambda at: cdf(at, theta), (x,), (ones,))[1]
    by_theta = torch.func.jvp(lambda at: cdf(x, at), (theta,), (ones,))[1]
    return -by_theta / by_x


# %% of_the_logarithm
# The quotient of log F is the same.
def implicit_gradient(cdf, x, theta):
    x, theta = x.detach().clone().requires_grad_(), theta.detach().clone().requires_grad_()
    by_x, by_theta = torch.autograd.grad(torch.log(cdf(x, theta)).sum(), (x, theta))
    return -by_theta / by_x


# %% central_differences
# Digits enough in float64.
def implicit_gradient(cdf, x, theta):
    x, theta = x.detach(), theta.detach()
    h = 1e-5
    by_x = cdf(x + h, theta) - cdf(x - h, theta)
    by_theta = cdf(x, theta + h) - cdf(x, theta - h)
    return -by_theta / by_x


# %% vmap
# Scalar gradients, mapped over the elements.
def implicit_gradient(cdf, x, theta):
    both = torch.func.vmap(torch.func.grad(cdf, argnums=(0, 1)))
    by_x, by_theta = both(x.detach().reshape(-1), theta.detach().reshape(-1))
    return (-by_theta / by_x).reshape(x.shape)


# %% backward_on_copies
def implicit_gradient(cdf, x, theta):
    x, theta = (each.detach().clone().requires_grad_() for each in (x, theta))
    (-cdf(x, theta)).sum().backward()
    return theta.grad / -x.grad


# %% with_a_graph
# Keeps the graph of the result.
def implicit_gradient(cdf, x, theta):
    x, theta = x.detach().requires_grad_(), theta.detach().requires_grad_()
    by_x, by_theta = torch.autograd.grad(cdf(x, theta).sum(), (x, theta), create_graph=True)
    return -(by_theta / by_x)
