# Goes by a flag of its own, set by hand.
#
# fails GaussianSampler-eval: "or goes by a flag of its own"
# fails GaussianSampler-mode: "a flag of the layer's own"

# %% grade_id="GaussianSampler"
class GaussianSampler(nn.Module):
    def __init__(self):
        super().__init__()
        self.sampling = True

    def forward(self, mu, logvar):
        if not self.sampling:
            return mu
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)
