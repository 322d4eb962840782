# Sums over the rows.
#
# fails linear_gaussian_elbo-shape: "the batch is summed too"

# %% grade_id="linear_gaussian_elbo"
def linear_gaussian_elbo(x, W, noise_sigma, mu, logvar):
    D = x.shape[1]
    errors = ((x - mu @ W.T) ** 2).sum(-1)
    trace = logvar.exp() @ (W**2).sum(0)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    log_noise = math.log(noise_sigma)
    half = 0.5 * math.log(2 * math.pi)
    return (-0.5 * (errors + trace) / noise_sigma**2 - D * (log_noise + half) - kl).sum()
