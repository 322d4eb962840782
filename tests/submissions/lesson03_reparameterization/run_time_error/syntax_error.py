# Forgets a bracket.
#
# fails reparameterize-shape: "SyntaxError"
# fails reparameterize-device: "SyntaxError"
# fails reparameterize-values: "SyntaxError"
# fails reparameterize-noise: "SyntaxError"
# fails reparameterize-gradients: "SyntaxError"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    sigma = torch.exp(logvar / 2
    return mu + sigma * torch.randn_like(mu)
