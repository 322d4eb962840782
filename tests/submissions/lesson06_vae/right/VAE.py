# %% named_layers
# Names every layer, and returns lists.
class VAE(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.fc1, self.fc4 = nn.Linear(input_dim, hidden_dim), nn.Linear(hidden_dim, input_dim)
        self.fc3, self.layer = nn.Linear(latent_dim, hidden_dim), ReparameterizationLayer(hidden_dim, latent_dim)
        self.activation = nn.ReLU()

    @property
    def latent_dim(self):
        return self.fc3.in_features

    def encode(self, x):
        return list(self.layer(self.activation(self.fc1(x))))

    def decode(self, z):
        h = self.activation(self.fc3(z))
        return self.fc4(h)

    def forward(self, x):
        codes = self.encode(x)
        return [self.decode(codes[0]), *codes[1:]]


# %% sequential
# Makes everything in two nn.Sequential.
class VAE(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.encoder = nn.Sequential(
            nn.Linear(input_dim, hidden_dim), nn.ReLU(), ReparameterizationLayer(hidden_dim, latent_dim)
        )
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.encoder(x)

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar
