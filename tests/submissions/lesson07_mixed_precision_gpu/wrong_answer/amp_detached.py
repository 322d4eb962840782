# Computes sigma without a gradient.
#
# fails reparameterize_amp-gradients: "no gradient reaches logvar"

# %% grade_id="reparameterize_amp"
def reparameterize_amp(mu, logvar):
    with torch.no_grad():
        noise = torch.exp(logvar.float() / 2) * torch.randn_like(mu.float())
    return (mu + noise).to(mu.dtype)
