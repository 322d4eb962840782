# Draws with sample() where rsample() was needed.
#
# fails reparameterize-gradients: "the draw was cut: .sample()"

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    return torch.distributions.Normal(mu, torch.exp(logvar / 2)).sample()
