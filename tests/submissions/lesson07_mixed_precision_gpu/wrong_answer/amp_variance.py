# The variance in place of the standard deviation.
#
# fails reparameterize_amp-range: "that is the variance"
# fails reparameterize_amp-precision: "the mean ratio of 50,000 draws"
# fails reparameterize_amp-gradients: "that is the variance"

# %% grade_id="reparameterize_amp"
def reparameterize_amp(mu, logvar):
    variance = torch.exp(logvar.float())
    return (mu.float() + variance * torch.randn_like(variance)).to(mu.dtype)
