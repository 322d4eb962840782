# Inverts an affine transform of torch.distributions.

# %% grade_id="noise_from"
def noise_from(z, mu, logvar):
    return torch.distributions.AffineTransform(mu, logvar.exp().sqrt()).inv(z)
