# Takes sigma for the variance when it draws.
#
# fails score_function_gradient-draws: "the root of sigma scales the noise"

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma**0.5 * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score
