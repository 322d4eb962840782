# Says no to every sampler.
#
# fails gradient_reaches-type: "the same answer"
# fails gradient_reaches-open: "True"
# fails gradient_reaches-cut: "every sampler gets the same answer"
# fails gradient_reaches-elsewhere: "every sampler gets the same answer"
# fails gradient_reaches-zeros: "every sampler gets the same answer"
# fails gradient_reaches-cancelling: "True"

# %% grade_id="gradient_reaches"
def gradient_reaches(sampler, mu):
    return False
