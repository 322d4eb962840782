# Returns the gradient in mu alone.
#
# fails score_function_gradient-shape: "the second column, for sigma, is missing"
# fails score_function_gradient-mu: "the second column, for sigma, is missing"
# fails score_function_gradient-sigma: "the second column, for sigma, is missing"
# fails score_function_gradient-constant: "the second column, for sigma, is missing"

# %% grade_id="score_function_gradient"
def score_function_gradient(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return f(z) * normal_score(z, mu, sigma)[0]
