# Returns a tensor.
#
# fails gradient_reaches-type: "bool(...) makes True or False of it"

# %% grade_id="gradient_reaches"
def gradient_reaches(sampler, mu):
    return torch.autograd.functional.jacobian(sampler, mu).any()
