# Samples without a path for gradients.
#
# fails GaussianSampler-train: "the draw was cut"

# %% grade_id="GaussianSampler"
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        if not self.training:
            return mu
        with torch.no_grad():
            return mu + torch.exp(logvar / 2) * torch.randn_like(mu)
