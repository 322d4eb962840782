# Multiplies by the transposed factor, with noise from a generator of its own.
#
# fails sample_full_covariance-values: "have correlation"
# fails sample_full_covariance-gradients: transposed

# %% grade_id="sample_full_covariance"
source = torch.Generator()
source.seed()


def sample_full_covariance(mu, scale_tril):
    eps = torch.randn(*mu.shape, 1, generator=source, dtype=mu.dtype, device=mu.device)
    return mu + (scale_tril.mT @ eps).squeeze(-1)
