# Keeps a factor of two from the square.
#
# fails normal_score-mu: "d log q / d mu is wrong"

# %% grade_id="normal_score"
def normal_score(z, mu, sigma):
    return 2 * (z - mu) / sigma**2, ((z - mu) ** 2 - sigma**2) / sigma**3
