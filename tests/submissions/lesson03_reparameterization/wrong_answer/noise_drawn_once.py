# Draws the noise once for every shape and keeps it.
#
# fails reparameterize-noise: same_in_every_call

# %% grade_id="reparameterize"
kept_noise = {}


def reparameterize(mu, logvar):
    key = (mu.shape, mu.dtype, mu.device)
    if key not in kept_noise:
        kept_noise[key] = torch.randn_like(mu)
    return mu + torch.exp(logvar / 2) * kept_noise[key]
