# Averages the log likelihood over the data.
#
# fails bayes_elbo-values: "is averaged over the data"
# fails bayes_elbo-evidence: "is averaged over the data"
# fails bayes_elbo-gradients: "is averaged over the data"

# %% grade_id="bayes_elbo"
def bayes_elbo(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    constant = math.log(noise_sigma) + 0.5 * math.log(2 * math.pi)
    log_lik = (-0.5 * ((y - w @ x.T) / noise_sigma) ** 2 - constant).sum(-1)
    return log_lik.mean() / len(y) - kl
