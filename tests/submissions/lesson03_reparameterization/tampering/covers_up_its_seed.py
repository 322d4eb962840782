# Draws from a fixed seed, then seeds the global state afresh to look random.
#
# fails reparameterize-noise: same_in_every_call

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    torch.manual_seed(0)
    eps = torch.randn_like(mu)
    torch.seed()
    return mu + torch.exp(logvar / 2) * eps
