# Calls backward() on mu itself.
#
# fails gradient_reaches-inputs: "fills mu.grad"

# %% grade_id="gradient_reaches"
def gradient_reaches(sampler, mu):
    if not mu.requires_grad:
        mu = mu.clone().requires_grad_()
    z = sampler(mu)
    if not z.requires_grad:
        return False
    z.backward(torch.randn_like(z))
    return mu.grad is not None and bool(mu.grad.any())
