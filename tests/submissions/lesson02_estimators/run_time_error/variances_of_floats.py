# Asks a float for its variance.
#
# fails estimator_variances-shape: "AttributeError"
# fails estimator_variances-score: "AttributeError"
# fails estimator_variances-pathwise: "AttributeError"
# fails estimator_variances-draws: "AttributeError"

# %% grade_id="estimator_variances"
def estimator_variances(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.mean().item().var(), by_path.var()
