# Differentiates f at the draw.
#
# fails score_function_gradient-mu: "differentiates f: f'(z) takes the place of f(z)"
# fails score_function_gradient-sigma: "differentiates f: f'(z) takes the place of f(z)"
# fails score_function_gradient-constant: "differentiates f"

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    z = mus + sigmas * torch.randn(n, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(f(z).sum(), [mus, sigmas]), dim=1)
