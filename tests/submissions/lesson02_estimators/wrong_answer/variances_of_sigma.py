# Takes the column of sigma.
#
# fails estimator_variances-score: "the variance of the sigma column"
# fails estimator_variances-pathwise: "the variance of the sigma column"

# %% grade_id="estimator_variances"
def estimator_variances(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)
    by_path = pathwise_gradient(f, mu, sigma, n)
    return by_score[:, 1].var(), by_path[:, 1].var()
