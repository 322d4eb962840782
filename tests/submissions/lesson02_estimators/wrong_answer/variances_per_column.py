# Returns one variance for each column.
#
# fails estimator_variances-shape: "one variance for each column"
# fails estimator_variances-score: "one variance for each column"
# fails estimator_variances-pathwise: "one variance for each column"

# %% grade_id="estimator_variances"
def estimator_variances(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)
    by_path = pathwise_gradient(f, mu, sigma, n)
    return by_score.var(dim=0), by_path.var(dim=0)
