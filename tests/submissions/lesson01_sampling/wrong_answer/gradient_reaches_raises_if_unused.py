# Stops with an error if mu is not used.
#
# fails gradient_reaches-elsewhere: "pass allow_unused=True"

# %% grade_id="gradient_reaches"
def gradient_reaches(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    [gradient] = torch.autograd.grad(z, copy, torch.randn_like(z))
    return bool(gradient.any())
