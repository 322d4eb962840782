# Multiplies element by element and sums, with a generator of its own.

# %% grade_id="sample_full_covariance"
source = torch.Generator()
source.seed()


def sample_full_covariance(mu, scale_tril):
    eps = torch.randn(mu.shape, generator=source, dtype=mu.dtype, device=mu.device)
    return mu + (scale_tril * eps.unsqueeze(-2)).sum(-1)
