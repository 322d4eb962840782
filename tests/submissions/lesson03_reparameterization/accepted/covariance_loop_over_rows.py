# Multiplies row by row.

# %% grade_id="sample_full_covariance"
def sample_full_covariance(mu, scale_tril):
    rows = [m + factor @ torch.randn_like(m) for m, factor in zip(mu, scale_tril)]
    return torch.stack(rows)
