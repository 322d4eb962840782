# Scales the noise by the variance.
#
# fails score_function_gradient-draws: "sigma**2 scales the noise"

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma**2 * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score
