# Seeds a generator in every call.
#
# fails score_function_gradient-draws: "a seed fixed inside the function"

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    source = torch.Generator().manual_seed(0)
    z = mu + sigma * torch.randn(n, dtype=torch.float64, generator=source)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score
