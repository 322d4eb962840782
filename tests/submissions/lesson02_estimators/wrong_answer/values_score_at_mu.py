# Takes the score at the mean.
#
# fails score_function_gradient-mu: "gradient of the log density at mu"
# fails score_function_gradient-sigma: "gradient of the log density at mu"
# fails score_function_gradient-constant: "gradient of the log density at mu"

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    at_mu = torch.full_like(z, float(mu))
    score = torch.stack(normal_score(at_mu, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score
