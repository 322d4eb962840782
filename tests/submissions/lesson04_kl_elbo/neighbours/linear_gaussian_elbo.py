# %% half_of_log_noise
# fails values: "the ELBO is wrong"
# fails evidence: "is wrong"
def linear_gaussian_elbo(x, W, noise_sigma, mu, logvar):
    squares = ((x - mu @ W.T) ** 2).sum(-1) + logvar.exp() @ (W**2).sum(0)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return -0.5 * squares / noise_sigma**2 - 0.5 * x.shape[1] * math.log(2 * math.pi * noise_sigma) - kl


# %% kl_alone
# fails values: "the ELBO is wrong"
# fails evidence: "is wrong"
# fails gradients: "no path to W"
# Has no use for W, which is no cut.
def linear_gaussian_elbo(x, W, noise_sigma, mu, logvar):
    return -0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
