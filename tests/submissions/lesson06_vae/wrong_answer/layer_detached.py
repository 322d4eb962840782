# Draws with torch.distributions' sample.
#
# fails ReparameterizationLayer-gradients: "the draw was cut"

# %% grade_id="ReparameterizationLayer"
class ReparameterizationLayer(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = torch.distributions.Normal(mu, torch.exp(logvar / 2)).sample() if self.training else mu
        return z, mu, logvar
