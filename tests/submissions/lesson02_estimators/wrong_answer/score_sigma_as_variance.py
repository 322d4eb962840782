# Takes sigma for the variance.
#
# fails normal_score-mu: "divided by sigma"
# fails normal_score-sigma: "sigma is read as the variance"

# %% grade_id="normal_score"
def normal_score(z, mu, sigma):
    return (z - mu) / sigma, ((z - mu) ** 2 - sigma) / (2 * sigma**2)
