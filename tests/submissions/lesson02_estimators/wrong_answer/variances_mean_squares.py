# Does not subtract the mean.
#
# fails estimator_variances-score: "the mean of the squares"
# fails estimator_variances-pathwise: "the mean of the squares"

# %% grade_id="estimator_variances"
def estimator_variances(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.square().mean(), by_path.square().mean()
