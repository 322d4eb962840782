# Multiplies by the transposed factor.
#
# fails sample_full_covariance-values: "scale_tril is transposed"
# fails sample_full_covariance-gradients: "scale_tril is transposed"

# %% grade_id="sample_full_covariance"
def sample_full_covariance(mu, scale_tril):
    eps = torch.randn_like(mu)
    return mu + (eps.unsqueeze(-2) @ scale_tril).squeeze(-2)
