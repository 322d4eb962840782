# %% never_switched_on
# fails train: always_mu
# fails mode: always_mu
class GaussianSampler(nn.Module):
    def __init__(self):
        super().__init__()
        self.sampling = False

    def forward(self, mu, logvar):
        return reparameterize(mu, logvar) if self.sampling else mu


# %% nothing_in_eval
# fails eval: no_return
# fails mode: no_return
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        if self.training:
            return reparameterize(mu, logvar)


# %% half_the_noise_in_eval
# fails eval: always_samples
# fails mode: always_samples
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        noise = torch.exp(logvar / 2) * torch.randn_like(mu)
        return mu + noise if self.training else mu + noise / 2


# %% scaled_mean_in_eval
# fails eval: "z in eval mode is wrong"
# fails mode: "z after model.eval() is wrong"
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        return reparameterize(mu, logvar) if self.training else 2 * mu


# %% float32_in_eval
# fails eval: "z in eval mode has the wrong dtype"
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        return reparameterize(mu, logvar) if self.training else mu.float()


# %% noise_times_zero
# fails eval: times_zero
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        noise = reparameterize(torch.zeros_like(mu), logvar)
        return mu + noise * float(self.training)


# %% method_for_attribute
# fails eval: always_samples
# fails mode: always_samples
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        return reparameterize(mu, logvar) if self.train else mu


# %% logvar_times_zero
# fails eval: "where logvar is infinite"
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        return reparameterize(mu, logvar) if self.training else mu + 0 * logvar


# %% on_the_processor_in_eval
# fails eval: "on which device z in eval mode is made cannot be shown"
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        return reparameterize(mu, logvar) if self.training else mu.cpu()


# %% another_slope_in_eval
# fails eval: "dz/dmu in eval mode is wrong"
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        return reparameterize(mu, logvar) if self.training else 2 * mu - mu.detach()


# %% zeroes_logvar_in_eval
# fails eval: in_place
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        if self.training:
            return reparameterize(mu, logvar)
        logvar.zero_()
        return mu


# %% a_little_noise_in_eval
# fails eval: always_samples
# fails mode: always_samples
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        sigma = torch.exp(logvar / 2) if self.training else 1e-6
        return mu + sigma * torch.randn_like(mu)
