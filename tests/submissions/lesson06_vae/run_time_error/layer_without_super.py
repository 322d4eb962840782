# Forgets to initialise nn.Module.
#
# fails ReparameterizationLayer-shape: "AttributeError"
# fails ReparameterizationLayer-device: "AttributeError"
# fails ReparameterizationLayer-heads: "AttributeError"
# fails ReparameterizationLayer-initialisation: "AttributeError"
# fails ReparameterizationLayer-clamp: "AttributeError"
# fails ReparameterizationLayer-values: "AttributeError"
# fails ReparameterizationLayer-noise: "AttributeError"
# fails ReparameterizationLayer-gradients: "AttributeError"
# fails ReparameterizationLayer-eval: "AttributeError"

# %% grade_id="ReparameterizationLayer"
class ReparameterizationLayer(nn.Module):
    def __init__(self, in_features, latent_dim):
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        nn.init.xavier_uniform_(self.fc_mu.weight)
        nn.init.xavier_uniform_(self.fc_logvar.weight)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar
