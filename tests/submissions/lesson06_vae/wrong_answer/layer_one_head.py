# Makes one linear layer and uses it twice.
#
# fails ReparameterizationLayer-heads: "one head serves both mu and logvar"
# fails ReparameterizationLayer-initialisation: "one head serves both mu and logvar"
# fails ReparameterizationLayer-clamp: "one head serves both mu and logvar"
# fails ReparameterizationLayer-values: "one head serves both mu and logvar"
# fails ReparameterizationLayer-noise: "one head serves both mu and logvar"
# fails ReparameterizationLayer-gradients: "one head serves both mu and logvar"

# %% grade_id="ReparameterizationLayer"
class ReparameterizationLayer(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = self.fc_mu
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar
