# Solves every exercise with torch.distributions where it can.

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    return torch.distributions.Normal(mu, logvar.mul(0.5).exp()).rsample()


# %% grade_id="reparameterize_many"
def reparameterize_many(mu, logvar, k):
    return torch.distributions.Normal(mu, logvar.mul(0.5).exp()).rsample([k])


# %% grade_id="sample_full_covariance"
def sample_full_covariance(mu, scale_tril):
    return torch.distributions.MultivariateNormal(mu, scale_tril=scale_tril).rsample()
