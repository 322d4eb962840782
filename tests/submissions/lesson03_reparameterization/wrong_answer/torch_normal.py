# Draws with torch.normal, which takes the inputs and passes no gradient.
#
# fails reparameterize-gradients: "torch.normal(mu, sigma): its gradients are zeros"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    return torch.normal(mu, torch.exp(logvar / 2))
