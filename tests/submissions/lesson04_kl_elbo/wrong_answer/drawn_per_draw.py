# Returns every draw.
#
# fails monte_carlo_kl-shape: "has the wrong shape"
# fails monte_carlo_kl-values: "is wrong"

# %% grade_id="monte_carlo_kl"
def monte_carlo_kl(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1)
