# %% from_prior
# fails values: "is wrong"
# fails evidence: "is wrong"
# fails gradients: "is wrong"
def bayes_elbo(x, y, mu, logvar, noise_sigma, n):
    w = torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


# %% kl_twice
# fails values: "is wrong"
# fails evidence: "is wrong"
# fails gradients: "is wrong"
def bayes_elbo(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - (mu**2 + logvar.exp() - 1 - logvar).sum()


# %% always_many_draws
# fails values: n_ignored
# fails evidence: n_ignored
# fails gradients: n_ignored
def bayes_elbo(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(400, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


# %% half_a_percent
# fails values: "of a narrow q is wrong"
# The noise of the draws hides it, but not for a narrow q.
def bayes_elbo(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * 1.005 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


# %% log_of_the_mean
# fails values: "the ELBO from 4000 draws is wrong"
# fails evidence: "the ELBO at the exact posterior is wrong"
# fails gradients: "is wrong"
def bayes_elbo(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = (-0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)).sum(-1)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    return torch.logsumexp(log_likelihood, 0) - math.log(n) - kl


# %% median
# fails values: "is wrong"
# fails evidence: "is wrong"
# fails gradients: "is wrong"
# One draw decides, and which one depends on the data.
def bayes_elbo(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).median() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
