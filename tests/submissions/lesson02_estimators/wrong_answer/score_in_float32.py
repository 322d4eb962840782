# Computes in float32.
#
# fails normal_score-shape: "wrong dtype"

# %% grade_id="normal_score"
def normal_score(z, mu, sigma):
    z = z.float()
    return (z - mu) / sigma**2, ((z - mu) ** 2 - sigma**2) / sigma**3
