# Returns the score alone.
#
# fails score_function_gradient-mu: "the score alone: multiply it by f(z)"
# fails score_function_gradient-sigma: "the score alone: multiply it by f(z)"

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return score
