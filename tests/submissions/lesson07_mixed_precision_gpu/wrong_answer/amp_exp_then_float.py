# Raises sigma when its digits are gone already.
#
# fails reparameterize_amp-precision: "exp(logvar / 2) was computed in float16"

# %% grade_id="reparameterize_amp"
def reparameterize_amp(mu, logvar):
    sigma = torch.exp(logvar / 2).float()
    return (mu.float() + sigma * torch.randn_like(sigma)).to(mu.dtype)
