# Differentiates in log sigma.
#
# fails normal_score-sigma: "the derivative in log sigma"

# %% grade_id="normal_score"
def normal_score(z, mu, sigma):
    return (z - mu) / sigma**2, ((z - mu) / sigma) ** 2 - 1
