# %% slow
# fails mean: "mu is wrong"
# fails variance: "logvar is wrong"
def fit_posterior(x, y, noise_sigma, steps):
    mu, logvar = (torch.zeros(x.shape[1], dtype=x.dtype, device=x.device, requires_grad=True) for _ in range(2))
    optimizer = torch.optim.Adam([mu, logvar], lr=1e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        bayes_elbo(x, y, mu, logvar, noise_sigma, 32).neg().backward()
        optimizer.step()
    return mu.detach(), logvar.detach()


# %% gradients_add_up
# fails mean: "mu is wrong"
# fails variance: "logvar is wrong"
def fit_posterior(x, y, noise_sigma, steps):
    mu, logvar = (torch.zeros(x.shape[1], dtype=x.dtype, device=x.device, requires_grad=True) for _ in range(2))
    optimizer = torch.optim.Adam([mu, logvar], lr=0.03)
    for _ in range(steps):
        bayes_elbo(x, y, mu, logvar, noise_sigma, 32).neg().backward()
        optimizer.step()
    return mu.detach(), logvar.detach()


# %% sigma_held
# fails variance: "logvar is wrong"
# Is at the mean, with a logvar that is near 0, as a small sigma is.
def fit_posterior(x, y, noise_sigma, steps):
    precision = torch.eye(x.shape[1], dtype=x.dtype, device=x.device) + x.T @ x / noise_sigma**2
    mean = torch.linalg.solve(precision, x.T @ y) / noise_sigma**2
    return mean, torch.full_like(mean, 0.15)


# %% marginal_beside_the_mean
# fails mean: "mu is wrong"
# fails variance: "logvar is wrong"
# Has the marginal variance, and a mean that no marginal explains.
def fit_posterior(x, y, noise_sigma, steps):
    covariance = torch.linalg.inv(torch.eye(x.shape[1], dtype=x.dtype, device=x.device) + x.T @ x / noise_sigma**2)
    return covariance @ x.T @ y / noise_sigma**2 + covariance.diagonal().sqrt(), torch.log(covariance.diagonal())
