# Collects all derivatives.

# %% grade_id="gradient_reaches"
def gradient_reaches(sampler, mu):
    return bool(torch.autograd.functional.jacobian(sampler, mu).any())
