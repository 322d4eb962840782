# Fits in float32, whatever the data are.
#
# fails fit_posterior-shape: "wrong dtype"

# %% grade_id="fit_posterior"
def fit_posterior(x, y, noise_sigma, steps):
    precision = torch.eye(x.shape[1]) + (x.T @ x).float() / noise_sigma**2
    return torch.linalg.solve(precision, (x.T @ y).float()) / noise_sigma**2, -torch.log(precision.diagonal())
