# Divides by sigma in place of its square.
#
# fails normal_score-mu: "divided by sigma: that is (z - mu) / sigma. The derivative divides by sigma^2."

# %% grade_id="normal_score"
def normal_score(z, mu, sigma):
    return (z - mu) / sigma, ((z - mu) ** 2 - sigma**2) / sigma**3
