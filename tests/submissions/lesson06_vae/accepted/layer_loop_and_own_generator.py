# Makes the heads in a loop, and draws from a generator of its own.

# %% grade_id="ReparameterizationLayer"
source = torch.Generator()
source.seed()


class ReparameterizationLayer(nn.Module):
    def __init__(self, in_features, latent_dim):
        nn.Module.__init__(self)
        for name in ("fc_mu", "fc_logvar"):
            head = nn.Linear(in_features, latent_dim, bias=False)
            bound = (6 / (in_features + latent_dim)) ** 0.5
            with torch.no_grad():
                head.weight.uniform_(-bound, bound)
            setattr(self, name, head)

    def forward(self, x):
        mu = self.fc_mu(x)
        logvar = torch.minimum(torch.maximum(self.fc_logvar(x), torch.tensor(-10.0).to(x)), torch.tensor(10.0).to(x))
        if not self.training:
            return [mu, mu, logvar]
        eps = torch.randn(mu.shape, generator=source, dtype=mu.dtype).to(mu.device)
        return [torch.addcmul(mu, torch.exp(0.5 * logvar), eps), mu, logvar]
