# Calls the first exercise, with noise scaled by 0 in eval mode.

# %% grade_id="GaussianSampler"
class GaussianSampler(nn.Module):
    def forward(self, mu, logvar):
        noise = reparameterize(torch.zeros_like(mu), logvar)
        return mu + noise * float(self.training)
