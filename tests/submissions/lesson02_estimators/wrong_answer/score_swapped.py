# Returns the derivative in sigma first.
#
# fails normal_score-mu: "the two derivatives have changed places"
# fails normal_score-sigma: "the two derivatives have changed places"

# %% grade_id="normal_score"
def normal_score(z, mu, sigma):
    return ((z - mu) ** 2 - sigma**2) / sigma**3, (z - mu) / sigma**2
