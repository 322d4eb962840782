# Takes small derivatives for zero.
#
# fails gradient_reaches-open: "a tolerance: small derivatives count too"

# %% grade_id="gradient_reaches"
def gradient_reaches(sampler, mu):
    jacobian = torch.autograd.functional.jacobian(sampler, mu)
    return not torch.allclose(jacobian, torch.zeros_like(jacobian))
