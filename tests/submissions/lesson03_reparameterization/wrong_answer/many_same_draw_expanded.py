# Draws once and repeats the draw k times.
#
# fails reparameterize_many-noise: "one draw expanded k times"

# %% grade_id="reparameterize_many"
def reparameterize_many(mu, logvar, k):
    z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
    return z.expand(k, *mu.shape)
