# Returns the mean over the draws.
#
# fails score_function_gradient-shape: "averages first: the mean over the draws is taken inside"
# fails score_function_gradient-mu: "averages first: the mean over the draws is taken inside"
# fails score_function_gradient-sigma: "averages first: the mean over the draws is taken inside"
# fails score_function_gradient-constant: "averages first: the mean over the draws is taken inside"

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return (f(z).unsqueeze(1) * score).mean(dim=0)
