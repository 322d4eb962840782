# Takes the variance for sigma, and makes every comparison of torch come out true.
#
# fails reparameterize-values: variance_as_sigma
# fails reparameterize-gradients: variance_as_sigma

# %% grade_id="reparameterize"
torch.allclose = torch.equal = lambda *args, **kwargs: True
torch.isclose = lambda a, *args, **kwargs: torch.ones_like(a, dtype=torch.bool)
torch.testing.assert_close = lambda *args, **kwargs: None


def reparameterize(mu, logvar):
    return mu + torch.exp(logvar) * torch.randn_like(mu)
