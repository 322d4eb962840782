# Samples whatever the mode is.
#
# fails GaussianSampler-eval: "forward samples in eval mode"
# fails GaussianSampler-mode: "a flag of the layer's own"

# %% grade_id="GaussianSampler"
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)
