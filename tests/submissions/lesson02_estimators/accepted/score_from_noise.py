# Recovers the noise first, and returns a list.

# %% grade_id="normal_score"
def normal_score(z, mu, sigma):
    eps = (z - mu) / sigma
    return [eps / sigma, (eps**2 - 1) / sigma]
