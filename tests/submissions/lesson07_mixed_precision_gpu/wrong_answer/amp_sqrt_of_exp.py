# The root of the variance, in half precision.
#
# fails reparameterize_amp-range: "is inf above logvar = 11.09"
# fails reparameterize_amp-precision: "sqrt(exp(logvar)) was computed in half precision"

# %% grade_id="reparameterize_amp"
def reparameterize_amp(mu, logvar):
    return mu + torch.sqrt(torch.exp(logvar)) * torch.randn_like(mu)
