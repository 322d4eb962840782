# Returns mu as z in both modes.
#
# fails ReparameterizationLayer-values: "z = mu: nothing random"
# fails ReparameterizationLayer-noise: "z = mu: nothing random"
# fails ReparameterizationLayer-gradients: "z = mu: nothing random"

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
        z = mu
        return z, mu, logvar
