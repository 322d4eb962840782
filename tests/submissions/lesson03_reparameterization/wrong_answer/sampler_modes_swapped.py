# Samples in eval mode and returns the mean in train mode.
#
# fails GaussianSampler-train: "forward returns mu in train mode"
# fails GaussianSampler-eval: "forward samples in eval mode"
# fails GaussianSampler-mode: "a flag of the layer's own"

# %% grade_id="GaussianSampler"
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        if self.training:
            return mu
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)
