# Takes the variance for the standard deviation, with noise from a generator of its own.
#
# fails reparameterize-values: variance_as_sigma
# fails reparameterize-gradients: variance_as_sigma

# %% grade_id="reparameterize"
source = torch.Generator()
source.seed()


def reparameterize(mu, logvar):
    eps = torch.randn(mu.shape, generator=source, dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar) * eps
