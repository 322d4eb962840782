# Gives half of the draws to each estimator.
#
# fails estimator_variances-score: "the unbiased variance of the mu column"
# fails estimator_variances-pathwise: "the unbiased variance of the mu column"

# %% grade_id="estimator_variances"
def estimator_variances(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n // 2)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n - n // 2)[:, 0]
    return by_score.var(), by_path.var()
