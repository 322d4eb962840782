# Takes the variance for the standard deviation.
#
# fails GaussianSampler-train: "sigma = exp(logvar): that is the variance"

# %% grade_id="GaussianSampler"
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        if not self.training:
            return mu
        return mu + torch.exp(logvar) * torch.randn_like(mu)
