# Multiplies element by element, then sums each row.
#
# fails sample_full_covariance-values: "element by element, then sums each row"
# fails sample_full_covariance-gradients: "element by element, then sums each row"

# %% grade_id="sample_full_covariance"
def sample_full_covariance(mu, scale_tril):
    eps = torch.randn_like(mu).unsqueeze(-1)
    return mu + (scale_tril * eps).sum(-1)
