# %% two_factors
def sample_lognormal(mu, sigma, eps):
    return torch.exp(mu) * torch.exp(sigma * eps)


# %% e_to_the_power
def sample_lognormal(mu, sigma, eps):
    return (mu + sigma * eps).exp()


# %% addcmul
def sample_lognormal(mu, sigma, eps):
    return torch.addcmul(mu, sigma, eps).exp()


# %% transform
def sample_lognormal(mu, sigma, eps):
    D = torch.distributions
    return D.ExpTransform()(D.AffineTransform(mu, sigma)(eps))
