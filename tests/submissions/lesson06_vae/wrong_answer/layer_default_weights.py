# Leaves the weights as nn.Linear makes them.
#
# fails ReparameterizationLayer-initialisation: "as nn.Linear makes them"

# %% grade_id="ReparameterizationLayer"
class ReparameterizationLayer(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar
