# Returns the pathwise variance first.
#
# fails estimator_variances-score: "the pair is the wrong way round"
# fails estimator_variances-pathwise: "the pair is the wrong way round"

# %% grade_id="estimator_variances"
def estimator_variances(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_path.var(), by_score.var()
