# %% rsample
# Draws with torch.distributions, and clamps with torch.clamp.
class ReparameterizationLayer(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu = self.fc_mu(x)
        logvar = torch.clamp(self.fc_logvar(x), min=-10.0, max=10.0)
        normal = torch.distributions.Normal(mu, logvar.exp().sqrt())
        z = normal.rsample() if self.training else normal.mean
        return z, mu, logvar
