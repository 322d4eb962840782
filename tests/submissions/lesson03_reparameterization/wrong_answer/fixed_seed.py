# Fixes the global seed inside the function.
#
# fails reparameterize-noise: "a seed fixed inside the function"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    torch.manual_seed(0)
    return mu + torch.exp(logvar / 2) * torch.randn_like(mu)
