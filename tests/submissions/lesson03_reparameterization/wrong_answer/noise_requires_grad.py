# Makes the noise a variable to differentiate by.
#
# fails reparameterize-gradients: "eps was drawn with requires_grad=True"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    eps = torch.randn_like(mu, requires_grad=True)
    return mu + torch.exp(logvar / 2) * eps
