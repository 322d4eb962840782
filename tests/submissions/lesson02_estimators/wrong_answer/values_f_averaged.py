# Multiplies each score by the mean of f.
#
# fails score_function_gradient-mu: "averages first: the mean of f over the draws multiplies each score"
# fails score_function_gradient-sigma: "averages first: the mean of f over the draws multiplies each score"

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).mean() * score
