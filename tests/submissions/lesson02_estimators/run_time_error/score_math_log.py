# Takes a logarithm of a tensor with the math module.
#
# fails normal_score-shape: "your code stopped with an error"
# fails normal_score-mu: "your code stopped with an error"
# fails normal_score-sigma: "your code stopped with an error"

# %% grade_id="normal_score"
def normal_score(z, mu, sigma):
    return (z - mu) / math.sqrt(sigma * z) ** 4, z
