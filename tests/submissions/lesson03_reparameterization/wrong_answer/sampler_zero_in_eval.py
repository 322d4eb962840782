# Returns zeros in eval mode.
#
# fails GaussianSampler-eval: "z in eval mode is wrong"
# fails GaussianSampler-mode: "z after model.eval() is wrong"

# %% grade_id="GaussianSampler"
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        if not self.training:
            return torch.zeros_like(mu)
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)
