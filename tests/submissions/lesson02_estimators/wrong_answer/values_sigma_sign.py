# Turns the sign of the second column.
#
# fails score_function_gradient-sigma: "the sign is turned"
# fails score_function_gradient-constant: "the sign is turned"

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    in_mu, in_sigma = normal_score(z, mu, sigma)
    return torch.stack([f(z) * in_mu, -f(z) * in_sigma], dim=1)
