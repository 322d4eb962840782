# %% calls_reparameterize
# Calls the first exercise, with noise scaled by 0 in eval mode.
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        noise = reparameterize(torch.zeros_like(mu), logvar)
        return mu + noise * float(self.training)


# %% rsample
# Uses torch.distributions.
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        normal = torch.distributions.Normal(mu, torch.exp(logvar / 2))
        return normal.rsample() if self.training else normal.mean
