# Stops with an error where there is no path.
#
# fails gradient_reaches-cut: "stops with an error where there is no path"
# fails gradient_reaches-elsewhere: "stops with an error where there is no path"

# %% grade_id="gradient_reaches"
def gradient_reaches(sampler, mu):
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    [gradient] = torch.autograd.grad(z, copy, torch.randn_like(z))
    return bool(gradient.any())
