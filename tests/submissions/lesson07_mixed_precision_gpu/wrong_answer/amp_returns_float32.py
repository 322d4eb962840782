# Stays in float32.
#
# fails reparameterize_amp-dtype: "z is returned in float32"

# %% grade_id="reparameterize_amp"
def reparameterize_amp(mu, logvar):
    sigma = torch.exp(logvar.float() / 2)
    return mu + sigma * torch.randn_like(sigma)
