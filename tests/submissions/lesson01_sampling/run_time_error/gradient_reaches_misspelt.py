# Asks for an attribute that tensors do not have.
#
# fails gradient_reaches-type: "has no attribute 'gradient'"
# fails gradient_reaches-open: "has no attribute 'gradient'"
# fails gradient_reaches-cut: "has no attribute 'gradient'"
# fails gradient_reaches-elsewhere: "has no attribute 'gradient'"
# fails gradient_reaches-zeros: "has no attribute 'gradient'"
# fails gradient_reaches-cancelling: "has no attribute 'gradient'"
# fails gradient_reaches-inputs: "has no attribute 'gradient'"

# %% grade_id="gradient_reaches"
def gradient_reaches(sampler, mu):
    z = sampler(mu.detach().clone().requires_grad_())
    return bool(z.gradient.any())
