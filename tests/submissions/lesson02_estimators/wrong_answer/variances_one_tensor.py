# Returns one tensor of two numbers.
#
# fails estimator_variances-shape: "should be a pair"

# %% grade_id="estimator_variances"
def estimator_variances(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return torch.stack([by_score.var(), by_path.var()])
