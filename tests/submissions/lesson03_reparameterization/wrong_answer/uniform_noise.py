# Draws uniform noise: rand_like for randn_like.
#
# fails reparameterize-noise: "rand_like draws uniform numbers"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    return mu + torch.exp(logvar / 2) * torch.rand_like(mu)
