# Takes one draw of each estimator in turn.

# %% grade_id="estimator_variances"
def estimator_variances(f, mu, sigma, n):
    pairs = [(score_function_gradient(f, mu, sigma, 1), pathwise_gradient(f, mu, sigma, 1)) for _ in range(n)]
    by_score, by_path = (torch.cat(estimates)[:, 0] for estimates in zip(*pairs))
    return torch.std(by_score) ** 2, torch.std(by_path) ** 2
