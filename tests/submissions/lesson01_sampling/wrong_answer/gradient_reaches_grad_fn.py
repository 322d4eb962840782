# Looks at grad_fn alone.
#
# fails gradient_reaches-elsewhere: "z.requires_grad (or z.grad_fn) alone"
# fails gradient_reaches-zeros: "z.requires_grad (or z.grad_fn) alone"

# %% grade_id="gradient_reaches"
def gradient_reaches(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    return sampler(copy).grad_fn is not None
