# Puts the brackets in the wrong place.
#
# fails reparameterize-values: "(eps + mu) * sigma: sigma stretches mu too"
# fails reparameterize-gradients: "(eps + mu) * sigma: sigma stretches mu too"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    return (torch.randn_like(mu) + mu) * torch.exp(logvar / 2)
