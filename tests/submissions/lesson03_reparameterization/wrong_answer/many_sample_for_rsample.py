# Draws with sample() where rsample() was needed.
#
# fails reparameterize_many-gradients: "the draw was cut: .sample()"

# %% grade_id="reparameterize_many"
def reparameterize_many(mu, logvar, k):
    return torch.distributions.Normal(mu, torch.exp(logvar / 2)).sample((k,))
