# Returns the biased variance of the mean.
#
# fails estimator_variances-score: "the biased variance, divided by n. The unbiased one divides by n - 1, and the variance of the mean"
# fails estimator_variances-pathwise: "the biased variance, divided by n. The unbiased one divides by n - 1, and the variance of the mean"

# %% grade_id="estimator_variances"
def estimator_variances(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.var(correction=0) / n, by_path.var(correction=0) / n
