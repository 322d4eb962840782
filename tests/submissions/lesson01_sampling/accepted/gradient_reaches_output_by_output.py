# Asks output by output.

# %% grade_id="gradient_reaches"
def gradient_reaches(sampler, mu):
    copy = torch.nn.Parameter(mu.detach().clone())
    for out in sampler(copy).reshape(-1):
        if out.requires_grad:
            gradient = torch.autograd.grad(out, copy, retain_graph=True, allow_unused=True)[0]
            if gradient is not None and gradient.count_nonzero() > 0:
                return True
    return False
