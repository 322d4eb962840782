# %% in_turn
# Takes one draw of each estimator in turn.
def estimator_variances(f, mu, sigma, n):
    pairs = [(score_function_gradient(f, mu, sigma, 1), pathwise_gradient(f, mu, sigma, 1)) for _ in range(n)]
    by_score, by_path = (torch.cat(estimates)[:, 0] for estimates in zip(*pairs))
    return torch.std(by_score) ** 2, torch.std(by_path) ** 2


# %% path_first
# Runs the pathwise estimator first, and sums the squares by hand.
def estimator_variances(f, mu, sigma, n):
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    return [((g - g.mean()) ** 2).sum() / (n - 1) for g in (by_score, by_path)]


# %% same_noise
# Gives both estimators the same noise, one after the other.
def estimator_variances(f, mu, sigma, n):
    seed = torch.randint(2**60, ()).item()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        by_score = score_function_gradient(f, mu, sigma, n)
        torch.manual_seed(seed)
        by_path = pathwise_gradient(f, mu, sigma, n)
    return torch.cov(by_score.T)[0, 0], torch.cov(by_path.T)[0, 0]


# %% shared_draws
# Draws once for both estimators.
def estimator_variances(f, mu, sigma, n):
    eps = torch.randn(n, dtype=torch.float64)
    z = (mu + sigma * eps).requires_grad_()
    values = f(z)
    (slope,) = torch.autograd.grad(values.sum(), z)
    return (values.detach() * eps / sigma).var(), slope.var()
