# Takes the variance for the standard deviation.
#
# fails reparameterize_many-values: "sigma = exp(logvar): that is the variance"
# fails reparameterize_many-gradients: "sigma = exp(logvar): that is the variance"

# %% grade_id="reparameterize_many"
def reparameterize_many(mu, logvar, k):
    eps = torch.randn(k, *mu.shape, dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar) * eps
