# Stacks along the wrong dimension.
#
# fails score_function_gradient-shape: "the columns stand in rows"

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return f(z) * torch.stack(normal_score(z, mu, sigma))
