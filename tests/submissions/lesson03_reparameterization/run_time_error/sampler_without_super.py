# Forgets to initialise nn.Module.
#
# fails GaussianSampler-train: "AttributeError"
# fails GaussianSampler-eval: "AttributeError"
# fails GaussianSampler-mode: "AttributeError"

# %% grade_id="GaussianSampler"
class GaussianSampler(nn.Module):
    def __init__(self):
        self.scale = nn.Linear(1, 1)

    def forward(self, mu, logvar):
        return mu
