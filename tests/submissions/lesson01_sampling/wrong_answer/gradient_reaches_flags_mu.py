# Sets requires_grad on mu itself.
#
# fails gradient_reaches-inputs: "requires_grad_() on mu itself"

# %% grade_id="gradient_reaches"
def gradient_reaches(sampler, mu):
    mu.requires_grad_()
    z = sampler(mu)
    if not z.requires_grad:
        return False
    [gradient] = torch.autograd.grad(z, mu, torch.randn_like(z), allow_unused=True)
    return gradient is not None and bool(gradient.any())
