# %% by_mode
# Looks up what to do for the mode, and calls the first exercise.
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        return {True: reparameterize, False: lambda mu, _: mu}[self.training](mu, logvar)


# %% flag_set_by_train
# Keeps a flag of its own, which train() sets as a model does.
class GaussianSampler(nn.Module):
    def __init__(self):
        super().__init__()
        self.draw = True

    def train(self, mode=True):
        self.draw = mode
        return super().train(mode)

    def forward(self, mu, logvar):
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.draw else mu


# %% buffer
# Keeps a number as a buffer, which is no parameter.
class GaussianSampler(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("two", torch.tensor(2.0))

    def forward(self, mu, logvar):
        return mu + torch.exp(logvar / self.two) * torch.randn_like(mu) if self.training else mu


# %% rsample
# Uses torch.distributions.
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        normal = torch.distributions.Normal(mu, torch.exp(logvar / 2))
        return normal.rsample() if self.training else normal.mean
