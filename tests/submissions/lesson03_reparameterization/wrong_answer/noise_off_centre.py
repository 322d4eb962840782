# Adds noise whose mean is not zero.
#
# fails reparameterize-noise: "the noise (z - mu) / sigma has the wrong distribution"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    eps = torch.randn_like(mu) + 0.2
    return mu + torch.exp(logvar / 2) * eps
