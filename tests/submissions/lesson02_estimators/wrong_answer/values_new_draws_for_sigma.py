# Draws again for the second column.
#
# fails score_function_gradient-mu: "draw once, and use the same z in both columns"
# fails score_function_gradient-sigma: "draw once, and use the same z in both columns"
# fails score_function_gradient-draws: "draw once, and use the same z in both columns"
# fails score_function_gradient-constant: "g_sigma for f = 1 is wrong"

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    columns = []
    for column in range(2):
        z = mu + sigma * torch.randn(n, dtype=torch.float64)
        columns.append(f(z) * normal_score(z, mu, sigma)[column])
    return torch.stack(columns, dim=1)
