# Repeats one draw n times.
#
# fails score_function_gradient-draws: "eps is shared"

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    z = (mu + sigma * torch.randn((), dtype=torch.float64)).expand(n)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score
