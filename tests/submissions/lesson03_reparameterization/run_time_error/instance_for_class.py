# Gives the exercise's name to one layer, not to its class.
#
# fails GaussianSampler-train: "missing 2 required positional arguments"
# fails GaussianSampler-eval: "missing 2 required positional arguments"
# fails GaussianSampler-mode: "missing 2 required positional arguments"

# %% grade_id="GaussianSampler"
class Sampler(nn.Module):
    def forward(self, mu, logvar):
        return reparameterize(mu, logvar) if self.training else mu


GaussianSampler = Sampler()
