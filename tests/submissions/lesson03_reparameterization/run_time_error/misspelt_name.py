# Misspells the name of an argument.
#
# fails reparameterize-shape: "name 'logvr' is not defined"
# fails reparameterize-device: "name 'logvr' is not defined"
# fails reparameterize-values: "name 'logvr' is not defined"
# fails reparameterize-noise: "name 'logvr' is not defined"
# fails reparameterize-gradients: "name 'logvr' is not defined"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    sigma = torch.exp(logvr / 2)
    return mu + sigma * torch.randn_like(mu)
