# Turns the sign in both derivatives.
#
# fails normal_score-mu: "the sign is turned"
# fails normal_score-sigma: "the sign is turned"

# %% grade_id="normal_score"
def normal_score(z, mu, sigma):
    return (mu - z) / sigma**2, 1 / sigma - (z - mu) ** 2 / sigma**3
