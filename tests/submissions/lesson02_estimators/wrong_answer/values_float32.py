# Draws in float32.
#
# fails score_function_gradient-shape: "wrong dtype"

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score
