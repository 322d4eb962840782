# Divides by the square where the cube is due.
#
# fails normal_score-sigma: "the derivative in sigma divides it by sigma^3"

# %% grade_id="normal_score"
def normal_score(z, mu, sigma):
    return (z - mu) / sigma**2, (z - mu) ** 2 / sigma**2 - 1 / sigma
