# %% by_hand
# Draws the weights by hand, and multiplies the noise by the mode.
class ReparameterizationLayer(nn.Module):
    def __init__(self, in_features, latent_dim):
        super().__init__()
        bound = (6 / (in_features + latent_dim)) ** 0.5
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        with torch.no_grad():
            for weight in (self.fc_mu.weight, self.fc_logvar.weight):
                weight.copy_((torch.rand_like(weight) * 2 - 1) * bound)

    def forward(self, x):
        mu, logvar = self.fc_mu(x), F.hardtanh(self.fc_logvar(x), -10, 10)
        return mu + float(self.training) * torch.exp(0.5 * logvar) * torch.randn_like(mu), mu, logvar


# %% loop_and_own_generator
# Makes the heads in a loop, and draws from a generator of its own.
class ReparameterizationLayer(nn.Module):
    source = torch.Generator()
    source.seed()

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
        eps = torch.randn(mu.shape, generator=self.source, dtype=mu.dtype).to(mu.device)
        return [torch.addcmul(mu, torch.exp(0.5 * logvar), eps), mu, logvar]


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
