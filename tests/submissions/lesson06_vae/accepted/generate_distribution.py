# Draws from torch.distributions, and decodes image by image.

# %% grade_id="generate"
@torch.no_grad()
def generate(model, n):
    prior = torch.distributions.Normal(torch.zeros(model.latent_dim), 1.0)
    return torch.stack([model.decode(prior.sample().unsqueeze(0))[0].sigmoid() for _ in range(n)])
