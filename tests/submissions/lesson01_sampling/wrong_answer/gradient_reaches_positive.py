# Asks for a positive derivative.
#
# fails gradient_reaches-open: "a negative derivative is a derivative too"

# %% grade_id="gradient_reaches"
def gradient_reaches(sampler, mu):
    return bool((torch.autograd.functional.jacobian(sampler, mu) > 0).any())
