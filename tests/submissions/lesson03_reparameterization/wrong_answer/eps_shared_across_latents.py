# Draws one number a row and uses it for every latent.
#
# fails reparameterize-noise: "one eps shared across the latents of a row"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    eps = torch.randn_like(mu[..., :1])
    return mu + torch.exp(logvar / 2) * eps
