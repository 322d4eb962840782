# One number for the whole batch.
#
# fails reparameterize_amp-noise: "one eps shared across the batch"

# %% grade_id="reparameterize_amp"
def reparameterize_amp(mu, logvar):
    eps = torch.randn_like(mu[:1].float())
    return (mu.float() + torch.exp(logvar.float() / 2) * eps).to(mu.dtype)
