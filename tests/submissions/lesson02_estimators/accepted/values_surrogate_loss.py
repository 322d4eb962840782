# Differentiates f(z) log q(z) with z held fixed, a copy of mu and sigma for each draw.

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    q = torch.distributions.Normal(mus, sigmas)
    z = q.sample()
    surrogate = f(z).detach() * q.log_prob(z)
    return torch.stack(torch.autograd.grad(surrogate.sum(), [mus, sigmas]), dim=-1)
