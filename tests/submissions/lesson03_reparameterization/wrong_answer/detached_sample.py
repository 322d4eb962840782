# Draws rightly, then detaches the result.
#
# fails reparameterize-gradients: "the draw was cut: .sample(), detach() or no_grad()"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
    return z.detach()
