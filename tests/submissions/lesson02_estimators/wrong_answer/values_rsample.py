# Leaves the path through z open.
#
# fails score_function_gradient-mu: "z carries a path (rsample)"
# fails score_function_gradient-sigma: "z carries a path (rsample)"
# fails score_function_gradient-constant: "or at a z that moves with mu (rsample)"

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    q = torch.distributions.Normal(mus, sigmas)
    z = q.rsample()
    surrogate = f(z) * q.log_prob(z)
    return torch.stack(torch.autograd.grad(surrogate.sum(), [mus, sigmas]), dim=1)
