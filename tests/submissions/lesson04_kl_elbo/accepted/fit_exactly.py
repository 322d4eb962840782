# Knows where the optimum is, and takes no step.

# %% grade_id="fit_posterior"
def fit_posterior(x, y, noise_sigma, steps):
    precision = torch.eye(x.shape[1], dtype=x.dtype) + x.T @ x / noise_sigma**2
    return torch.linalg.solve(precision, x.T @ y) / noise_sigma**2, -torch.log(precision.diagonal())
