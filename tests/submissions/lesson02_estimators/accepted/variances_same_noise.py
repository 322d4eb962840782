# Gives both estimators the same noise, one after the other.

# %% grade_id="estimator_variances"
def estimator_variances(f, mu, sigma, n):
    seed = torch.randint(2**60, ()).item()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        by_score = score_function_gradient(f, mu, sigma, n)
        torch.manual_seed(seed)
        by_path = pathwise_gradient(f, mu, sigma, n)
    return torch.cov(by_score.T)[0, 0], torch.cov(by_path.T)[0, 0]
