# %% first_output
# fails open: "nine numbers, of which only the fifth depends on mu"
def gradient_reaches(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    [gradient] = torch.autograd.grad(z.flatten()[0], copy, allow_unused=True)
    return gradient is not None and bool((gradient != 0).any())


# %% last_output
# fails open: "nine numbers, of which only the fifth depends on mu"
def gradient_reaches(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    [gradient] = torch.autograd.grad(z.flatten()[-1], copy, allow_unused=True)
    return gradient is not None and bool((gradient != 0).any())


# %% first_element_of_mu
# fails open: "a single number (0-dim), made from the element in the middle"
def gradient_reaches(sampler, mu):
    jacobian = torch.autograd.functional.jacobian(sampler, mu)
    return bool(jacobian.reshape(-1, mu.numel())[:, 0].any())


# %% sum_of_absolute_values
# fails cancelling: sum_cancels
def gradient_reaches(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    [gradient] = torch.autograd.grad(z.abs().sum(), copy, allow_unused=True)
    return gradient is not None and bool((gradient != 0).any())


# %% sum_of_exponentials
# fails cancelling: sum_cancels
def gradient_reaches(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    [gradient] = torch.autograd.grad(z.exp().sum(), copy, allow_unused=True)
    return gradient is not None and bool((gradient != 0).any())


# %% positive_sum
# fails open: positive
# fails cancelling: "the answer is wrong"
def gradient_reaches(sampler, mu):
    return bool(torch.autograd.functional.jacobian(sampler, mu).sum() > 0)


# %% clone_without_detach
# fails open: "a mu that requires grad"
# fails cancelling: "a mu that requires grad"
# fails inputs: filled
def gradient_reaches(sampler, mu):
    copy = mu.clone()
    copy.requires_grad_(True)
    z = sampler(copy)
    if not z.requires_grad:
        return False
    (z * torch.randn_like(z)).sum().backward()
    return copy.is_leaf and copy.grad is not None and bool((copy.grad != 0).any())


# %% flag_lowered
# fails inputs: "mu.requires_grad was changed"
def gradient_reaches(sampler, mu):
    reaches = bool(torch.autograd.functional.jacobian(sampler, mu.detach().clone()).any())
    mu.requires_grad_(False)
    return reaches


# %% true_where_stopped
# fails cut: "the answer is wrong"
# fails elsewhere: "the answer is wrong"
def gradient_reaches(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    try:
        [gradient] = torch.autograd.grad(z, copy, torch.randn_like(z))
    except RuntimeError:
        return True
    return bool((gradient != 0).any())


# %% one_output_alone
# False for more than one number.
# fails open: "the answer is wrong"
# fails cancelling: "the answer is wrong"
def gradient_reaches(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad or z.numel() > 1:
        return False
    [gradient] = torch.autograd.grad(z.sum(), copy, allow_unused=True)
    return gradient is not None and bool((gradient != 0).any())


# %% none_where_cut
# fails cut: no_return
# fails elsewhere: no_return
def gradient_reaches(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if z.requires_grad:
        [gradient] = torch.autograd.grad(z, copy, torch.randn_like(z), allow_unused=True)
        if gradient is not None:
            return bool((gradient != 0).any())
