# %% half_the_covariance
# fails values: "z - mu is wrong"
# fails noise: "the noise (z - mu) / sigma has the wrong distribution"
# fails gradients: "dz_i/dscale_tril_ij is wrong"
def sample_full_covariance(mu, scale_tril):
    factor = scale_tril @ scale_tril.mT / 2
    return mu + (factor @ torch.randn_like(mu)[..., None])[..., 0]


# %% absolute_factor
# fails values: "z - mu is wrong"
# fails gradients: "dz_i/dscale_tril_ij is wrong"
def sample_full_covariance(mu, scale_tril):
    return mu + (scale_tril.abs() @ torch.randn_like(mu)[..., None])[..., 0]


# %% first_factor_for_all
# fails values: "z - mu is wrong"
# fails gradients: "dz_i/dscale_tril_ij is wrong"
def sample_full_covariance(mu, scale_tril):
    return mu + torch.randn_like(mu) @ scale_tril[0].T


# %% noise_for_every_entry
# fails values: "z - mu is wrong"
# fails gradients: "dz_i/dscale_tril_ij is wrong"
def sample_full_covariance(mu, scale_tril):
    return mu + (scale_tril * torch.randn_like(scale_tril)).sum(-1)


# %% inverse_factor
# fails values: "z - mu is wrong"
# fails gradients: "dz_i/dscale_tril_ij is wrong"
def sample_full_covariance(mu, scale_tril):
    return mu + torch.linalg.solve_triangular(scale_tril, torch.randn_like(mu)[..., None], upper=False)[..., 0]


# %% symmetric_root
# fails values: "z - mu is wrong"
# fails gradients: "dz_i/dscale_tril_ij is wrong"
def sample_full_covariance(mu, scale_tril):
    values, vectors = torch.linalg.eigh(scale_tril @ scale_tril.mT)
    root = vectors @ torch.diag_embed(values.sqrt()) @ vectors.mT
    return mu + (root @ torch.randn_like(mu)[..., None])[..., 0]


# %% exchanged
# fails values: "how far z moves when mu moves by step is wrong"
# fails noise: "the noise repeats along the calls"
# fails gradients: "dz/dmu is wrong"
def sample_full_covariance(mu, scale_tril):
    return mu * torch.randn_like(mu) + scale_tril.sum(-1)


# %% upper_triangle
# fails values: diagonal
# fails gradients: diagonal
def sample_full_covariance(mu, scale_tril):
    return mu + (torch.triu(scale_tril) @ torch.randn_like(mu)[..., None])[..., 0]


# %% clamped_below_the_diagonal
# fails values: "z - mu is wrong"
def sample_full_covariance(mu, scale_tril):
    factor = scale_tril.tril(-1).clamp(-1, 1) + torch.diag_embed(scale_tril.diagonal(dim1=-2, dim2=-1))
    return mu + (factor @ torch.randn_like(mu)[..., None])[..., 0]
