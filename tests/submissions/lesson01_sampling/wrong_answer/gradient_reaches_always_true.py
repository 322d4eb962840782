# Says yes to every sampler.
#
# fails gradient_reaches-type: "the same answer"
# fails gradient_reaches-open: "every sampler gets the same answer"
# fails gradient_reaches-cut: "False"
# fails gradient_reaches-elsewhere: "False"
# fails gradient_reaches-zeros: "False"
# fails gradient_reaches-cancelling: "every sampler gets the same answer"

# %% grade_id="gradient_reaches"
def gradient_reaches(sampler, mu):
    return True
