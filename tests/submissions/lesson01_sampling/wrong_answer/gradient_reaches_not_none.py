# Is content with a gradient that is not None.
#
# fails gradient_reaches-zeros: "there is a path, and it carries nothing"

# %% grade_id="gradient_reaches"
def gradient_reaches(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    z.sum().backward()
    return copy.grad is not None
