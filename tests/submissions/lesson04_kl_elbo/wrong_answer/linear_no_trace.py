# Forgets the trace term.
#
# fails linear_gaussian_elbo-values: "the trace term is missing"
# fails linear_gaussian_elbo-evidence: "the trace term is missing"
# fails linear_gaussian_elbo-gradients: "the trace term is missing"

# %% grade_id="linear_gaussian_elbo"
def linear_gaussian_elbo(x, W, noise_sigma, mu, logvar):
    D = x.shape[1]
    errors = ((x - mu @ W.T) ** 2).sum(-1)
    trace = logvar.exp() @ (W**2).sum(0)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    log_noise = math.log(noise_sigma)
    half = 0.5 * math.log(2 * math.pi)
    return -0.5 * errors / noise_sigma**2 - D * (log_noise + half) - kl
