# Multiplies the slope of f by the score.
#
# fails score_function_gradient-mu: "differentiates f: f'(z) multiplies the score"
# fails score_function_gradient-sigma: "differentiates f: f'(z) multiplies the score"
# fails score_function_gradient-constant: "differentiates f"

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    z.requires_grad_()
    (slope,) = torch.autograd.grad(f(z).sum(), z)
    z = z.detach()
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return slope.unsqueeze(1) * score
