# Takes the factor for the covariance and factors it again.
#
# fails sample_full_covariance-values: "scale_tril is factored once more"
# fails sample_full_covariance-gradients: "scale_tril is factored once more"

# %% grade_id="sample_full_covariance"
def sample_full_covariance(mu, scale_tril):
    eps = torch.randn_like(mu).unsqueeze(-1)
    factor = torch.linalg.cholesky(scale_tril)
    return mu + (factor @ eps).squeeze(-1)
