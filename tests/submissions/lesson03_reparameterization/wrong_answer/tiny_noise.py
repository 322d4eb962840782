# Makes the noise a hundred times smaller.
#
# fails reparameterize-noise: "eps has standard deviation 0.01"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    eps = 0.01 * torch.randn_like(mu)
    return mu + torch.exp(logvar / 2) * eps
