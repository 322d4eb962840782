# Returns floats.
#
# fails estimator_variances-shape: "is not a tensor"

# %% grade_id="estimator_variances"
def estimator_variances(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.var().item(), by_path.var().item()
