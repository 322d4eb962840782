# Subtracts nothing.
#
# fails baseline_gradient-mu: "no baseline is subtracted here"
# fails baseline_gradient-sigma: "no baseline is subtracted here"
# fails baseline_gradient-constant: "subtract the baseline from f(z), in both columns"

# %% grade_id="baseline_gradient"
def baseline_gradient(f, mu, sigma, n):
    return score_function_gradient(f, mu, sigma, n)
