# Divides by n.
#
# fails estimator_variances-score: "the biased variance, divided by n"
# fails estimator_variances-pathwise: "the biased variance, divided by n"

# %% grade_id="estimator_variances"
def estimator_variances(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.var(correction=0), by_path.var(correction=0)
