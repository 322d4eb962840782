# Takes the gradient of the sum of squares.
#
# fails gradient_reaches-cancelling: "what comes from several outputs"

# %% grade_id="gradient_reaches"
def gradient_reaches(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    z.square().sum().backward()
    return copy.grad is not None and bool(copy.grad.any())
