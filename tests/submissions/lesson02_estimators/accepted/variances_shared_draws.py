# Draws once for both estimators.

# %% grade_id="estimator_variances"
def estimator_variances(f, mu, sigma, n):
    eps = torch.randn(n, dtype=torch.float64)
    z = (mu + sigma * eps).requires_grad_()
    values = f(z)
    (slope,) = torch.autograd.grad(values.sum(), z)
    return (values.detach() * eps / sigma).var(), slope.var()
