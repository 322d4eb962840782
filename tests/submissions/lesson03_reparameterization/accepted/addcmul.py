# Uses the fused operation addcmul.

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    return torch.addcmul(mu, torch.exp(logvar / 2), torch.randn_like(mu))
