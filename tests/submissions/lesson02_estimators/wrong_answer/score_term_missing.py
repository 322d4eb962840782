# Forgets that log sigma depends on sigma.
#
# fails normal_score-sigma: "the term -1/sigma is missing"

# %% grade_id="normal_score"
def normal_score(z, mu, sigma):
    return (z - mu) / sigma**2, (z - mu) ** 2 / sigma**3
