# Multiplies a row by a table.
#
# fails score_function_gradient-shape: "your code stopped with an error"
# fails score_function_gradient-mu: "your code stopped with an error"
# fails score_function_gradient-sigma: "your code stopped with an error"
# fails score_function_gradient-draws: "your code stopped with an error"
# fails score_function_gradient-constant: "your code stopped with an error"

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z) * score
