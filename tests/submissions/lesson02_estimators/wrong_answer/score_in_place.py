# Overwrites z.
#
# fails normal_score-shape: "z was changed"

# %% grade_id="normal_score"
def normal_score(z, mu, sigma):
    z -= mu
    return z / sigma**2, (z**2 - sigma**2) / sigma**3
