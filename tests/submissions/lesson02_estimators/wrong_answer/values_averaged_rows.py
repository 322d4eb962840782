# Repeats the mean in every row.
#
# fails score_function_gradient-mu: "averages first: every row is the mean of all rows"
# fails score_function_gradient-sigma: "averages first: every row is the mean of all rows"
# fails score_function_gradient-constant: "averages first: every row is the mean of all rows"

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return (f(z).unsqueeze(1) * score).mean(dim=0).expand(n, 2)
