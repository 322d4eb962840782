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
