# Sets a flag of its own in eval(), which a model never calls on its layers.
#
# fails GaussianSampler-mode: "a flag of the layer's own"

# %% grade_id="GaussianSampler"
class GaussianSampler(nn.Module):
    def __init__(self):
        super().__init__()
        self.sampling = True

    def eval(self):
        self.sampling = False
        return super().eval()

    def forward(self, mu, logvar):
        if not self.sampling:
            return mu
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)
