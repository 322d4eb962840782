# Averages the log likelihood over the data.
#
# fails fit_posterior-mean: "is averaged over the data"
# fails fit_posterior-variance: "is averaged over the data"

# %% grade_id="fit_posterior"
def fit_posterior(x, y, noise_sigma, steps):
    mu = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)
    logvar = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)
    optimizer = torch.optim.Adam([mu, logvar], lr=0.03)
    for _ in range(steps):
        loss = -(bayes_elbo(x, y, mu, logvar, noise_sigma * len(y) ** 0.5, 16))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return mu.detach(), logvar.detach()
