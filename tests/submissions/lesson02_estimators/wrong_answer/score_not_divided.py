# Leaves the difference undivided.
#
# fails normal_score-mu: "z - mu alone: divide it by sigma^2."

# %% grade_id="normal_score"
def normal_score(z, mu, sigma):
    return z - mu, ((z - mu) ** 2 - sigma**2) / sigma**3
