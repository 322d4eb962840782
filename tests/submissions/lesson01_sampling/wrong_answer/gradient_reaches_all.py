# Asks for a gradient in every element of mu.
#
# fails gradient_reaches-open: "all() asks for every element"

# %% grade_id="gradient_reaches"
def gradient_reaches(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    [gradient] = torch.autograd.grad(z, copy, torch.randn_like(z), allow_unused=True)
    return gradient is not None and bool((gradient != 0).all())
