# Ends the decoder with a tanh.
#
# fails VAE-logits: "a tanh at the end"

# %% grade_id="VAE"
class VAE(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return torch.tanh(self.out(z))

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar
