# %% backward
# Calls backward() with random weights on a copy.
def gradient_reaches(sampler, mu):
    copy = mu.detach().clone()
    copy.requires_grad = True
    z = sampler(copy)
    try:
        z.backward(torch.rand_like(z) + 0.5)
    except RuntimeError:
        return False
    return copy.grad is not None and copy.grad.abs().max().item() > 0


# %% jacobian
# Collects all derivatives.
def gradient_reaches(sampler, mu):
    return bool(torch.autograd.functional.jacobian(sampler, mu).any())


# %% output_by_output
# Asks output by output.
def gradient_reaches(sampler, mu):
    copy = torch.nn.Parameter(mu.detach().clone())
    for out in sampler(copy).reshape(-1):
        if out.requires_grad:
            gradient = torch.autograd.grad(out, copy, retain_graph=True, allow_unused=True)[0]
            if gradient is not None and gradient.count_nonzero() > 0:
                return True
    return False


# %% vjp
# Uses torch.func.vjp.
def gradient_reaches(sampler, mu):
    z, pull_back = torch.func.vjp(sampler, mu.detach().clone())
    return pull_back(torch.randn_like(z))[0].ne(0).any().item()


# %% materialize
# Lets autograd fill in zeros.
def gradient_reaches(sampler, mu):
    m = mu.detach().clone().requires_grad_()
    z = sampler(m)
    try:
        (g,) = torch.autograd.grad(z, m, torch.rand_like(z) + 0.5, materialize_grads=True)
    except RuntimeError:
        return False
    return bool(torch.any(g != 0))


# %% func_jacrev
def gradient_reaches(sampler, mu):
    with torch.no_grad():
        m = mu.clone()
    J = torch.func.jacrev(sampler)(m)
    return bool((J != 0).any())
