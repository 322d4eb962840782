# Calls backward() with random weights on a copy.

# %% grade_id="gradient_reaches"
def gradient_reaches(sampler, mu):
    copy = mu.detach().clone()
    copy.requires_grad = True
    z = sampler(copy)
    try:
        z.backward(torch.rand_like(z) + 0.5)
    except RuntimeError:
        return False
    return copy.grad is not None and copy.grad.abs().max().item() > 0
