# Runs the pathwise estimator first, and sums the squares by hand.

# %% grade_id="estimator_variances"
def estimator_variances(f, mu, sigma, n):
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    return [((g - g.mean()) ** 2).sum() / (n - 1) for g in (by_score, by_path)]
