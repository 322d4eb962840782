# %% by_hand
# Detaches the result, and writes the sigmoid out.
def generate(model, n):
    z = torch.empty(n, model.latent_dim).normal_()
    return 1 / (1 + torch.exp(-model.decode(z).detach()))


# %% distribution
# Draws from torch.distributions, and decodes image by image.
@torch.no_grad()
def generate(model, n):
    prior = torch.distributions.Normal(torch.zeros(model.latent_dim), 1.0)
    return torch.stack([model.decode(prior.sample().unsqueeze(0))[0].sigmoid() for _ in range(n)])
