# Adds up the gradient over mu.
#
# fails gradient_reaches-cancelling: "goes to several elements of mu"

# %% grade_id="gradient_reaches"
def gradient_reaches(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    found = [torch.autograd.grad(out, copy, retain_graph=True, allow_unused=True)[0] for out in z.flatten()]
    return any(g is not None and g.sum().item() != 0 for g in found)
