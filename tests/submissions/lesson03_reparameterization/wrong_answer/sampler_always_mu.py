# Returns the mean whatever the mode is.
#
# fails GaussianSampler-train: "forward returns mu in train mode"
# fails GaussianSampler-mode: "a flag of the layer's own"

# %% grade_id="GaussianSampler"
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        return mu
