# Puts a ReLU after both heads.
#
# fails ReparameterizationLayer-heads: "a ReLU after a head"
# fails ReparameterizationLayer-clamp: "logvar is wrong"
# fails ReparameterizationLayer-values: "how far z moves"
# fails ReparameterizationLayer-gradients: "dz/dmu is wrong"

# %% grade_id="ReparameterizationLayer"
class ReparameterizationLayer(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x).relu(), self.fc_logvar(x).relu().clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar
