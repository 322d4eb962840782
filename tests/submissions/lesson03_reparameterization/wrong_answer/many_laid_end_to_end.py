# Repeats the rows and never gives k its own dimension.
#
# fails reparameterize_many-shape: "the draws are laid end to end"
# fails reparameterize_many-values: "wrong shape"
# fails reparameterize_many-noise: "wrong shape"
# fails reparameterize_many-gradients: "wrong shape"

# %% grade_id="reparameterize_many"
def reparameterize_many(mu, logvar, k):
    mu, logvar = mu.repeat(k, 1), logvar.repeat(k, 1)
    return mu + torch.exp(logvar / 2) * torch.randn_like(mu)
