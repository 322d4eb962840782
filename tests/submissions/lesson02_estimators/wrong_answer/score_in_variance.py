# Differentiates in the variance.
#
# fails normal_score-sigma: "the derivative in the variance"

# %% grade_id="normal_score"
def normal_score(z, mu, sigma):
    return (z - mu) / sigma**2, (((z - mu) / sigma) ** 2 - 1) / (2 * sigma**2)
