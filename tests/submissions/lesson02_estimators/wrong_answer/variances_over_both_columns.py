# Takes the variance over all numbers.
#
# fails estimator_variances-score: "the variance over both columns"
# fails estimator_variances-pathwise: "the variance over both columns"

# %% grade_id="estimator_variances"
def estimator_variances(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)
    by_path = pathwise_gradient(f, mu, sigma, n)
    return by_score.var(), by_path.var()
