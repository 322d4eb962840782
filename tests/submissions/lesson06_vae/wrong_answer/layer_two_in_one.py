# Makes one head of twice the size and cuts its output in two.
#
# fails ReparameterizationLayer-heads: "has no fc_mu"
# fails ReparameterizationLayer-initialisation: "has no fc_mu"
# fails ReparameterizationLayer-clamp: "has no fc_mu"
# fails ReparameterizationLayer-values: "has no fc_mu"
# fails ReparameterizationLayer-noise: "has no fc_mu"
# fails ReparameterizationLayer-gradients: "has no fc_mu"

# %% grade_id="ReparameterizationLayer"
class ReparameterizationLayer(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        self.fc = nn.Linear(in_features, 2 * latent_dim)
        nn.init.xavier_uniform_(self.fc.weight)

    def forward(self, x):
        mu, logvar = self.fc(x).chunk(2, dim=1)
        logvar = logvar.clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar
