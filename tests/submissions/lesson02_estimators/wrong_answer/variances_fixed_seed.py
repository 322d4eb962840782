# Starts both estimators from seed 0.
#
# fails estimator_variances-draws: "a seed fixed inside the function"

# %% grade_id="estimator_variances"
def estimator_variances(f, mu, sigma, n):
    torch.manual_seed(0)
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.var(), by_path.var()
