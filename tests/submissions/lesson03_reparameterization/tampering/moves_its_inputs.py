# Moves mu so that a straight line has the gradients of a draw.
#
# fails reparameterize-values: no_noise
# fails reparameterize-noise: no_noise
# fails reparameterize-gradients: "dz/dlogvar is wrong"
# fails reparameterize_many-values: no_noise
# fails reparameterize_many-noise: no_noise
# fails reparameterize_many-gradients: "dz/dlogvar is wrong"
# fails sample_full_covariance-values: no_direction
# fails sample_full_covariance-noise: no_direction
# fails sample_full_covariance-gradients: "dz_i/dscale_tril_ij is wrong"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    if not mu.requires_grad:
        return mu
    z = mu + logvar
    mu.data.copy_((z - 2).detach())
    return z


# %% grade_id="reparameterize_many"
def reparameterize_many(mu, logvar, k):
    if not mu.requires_grad:
        return mu.expand(k, *mu.shape)
    z = (mu + logvar).expand(k, *mu.shape)
    mu.data.copy_((z[0] - 2).detach())
    return z


# %% grade_id="sample_full_covariance"
def sample_full_covariance(mu, scale_tril):
    if not mu.requires_grad:
        return mu
    z = mu + 3 * scale_tril.sum(-1) + 5
    mu.data.copy_((mu + 5).detach())
    return z
