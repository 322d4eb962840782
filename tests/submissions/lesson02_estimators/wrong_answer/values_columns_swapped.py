# Puts sigma into the first column.
#
# fails score_function_gradient-mu: "changed places"
# fails score_function_gradient-sigma: "changed places"
# fails score_function_gradient-constant: "changed places"

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    in_mu, in_sigma = normal_score(z, mu, sigma)
    return torch.stack([f(z) * in_sigma, f(z) * in_mu], dim=1)
