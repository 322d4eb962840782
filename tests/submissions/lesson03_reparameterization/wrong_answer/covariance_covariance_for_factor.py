# Multiplies the noise by the covariance.
#
# fails sample_full_covariance-values: "the covariance scale_tril @ scale_tril.mT multiplies eps"
# fails sample_full_covariance-gradients: "the covariance scale_tril @ scale_tril.mT multiplies eps"

# %% grade_id="sample_full_covariance"
def sample_full_covariance(mu, scale_tril):
    eps = torch.randn_like(mu).unsqueeze(-1)
    covariance = scale_tril @ scale_tril.mT
    return mu + (covariance @ eps).squeeze(-1)
