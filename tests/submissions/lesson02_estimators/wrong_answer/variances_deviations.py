# Returns standard deviations.
#
# fails estimator_variances-score: "the standard deviation"
# fails estimator_variances-pathwise: "the standard deviation"

# %% grade_id="estimator_variances"
def estimator_variances(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.std(), by_path.std()
