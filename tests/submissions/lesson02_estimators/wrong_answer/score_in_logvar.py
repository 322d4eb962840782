# Differentiates in the log-variance.
#
# fails normal_score-sigma: "the derivative in logvar"

# %% grade_id="normal_score"
def normal_score(z, mu, sigma):
    return (z - mu) / sigma**2, (((z - mu) / sigma) ** 2 - 1) / 2
