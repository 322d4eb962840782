# Returns the score-function estimates.
#
# fails pathwise_gradient-mu: "the score-function estimate"
# fails pathwise_gradient-sigma: "the score-function estimate"
# fails pathwise_gradient-step: "the result for an f without a graph is wrong"

# %% grade_id="pathwise_gradient"
def pathwise_gradient(f, mu, sigma, n):
    return score_function_gradient(f, mu, sigma, n)
