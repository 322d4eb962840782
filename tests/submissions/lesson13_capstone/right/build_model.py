# %% silu_layers
# Other layers, sizes and latents, in a class of its own.
def build_model(pixels):
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.latent_dim = 12
            self.encoder = nn.Sequential(nn.Linear(pixels, 160), nn.SiLU(), nn.Linear(160, 24))
            self.decoder = nn.Sequential(nn.Linear(12, 160), nn.SiLU(), nn.Linear(160, pixels))

        def encode(self, x):
            mu, logvar = self.encoder(x).chunk(2, dim=-1)
            return mu + torch.exp(logvar / 2) * torch.randn_like(mu), mu, logvar

        def decode(self, z):
            return self.decoder(z)

        def forward(self, x):
            z, mu, logvar = self.encode(x)
            return self.decode(z), mu, logvar

    return Model()


# %% convolutions
# A convolution on the way in, transposed ones on the way out; one latent.
def build_model(pixels):
    side = math.isqrt(pixels)

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.latent_dim = 1
            self.into = nn.Sequential(nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten())
            self.heads = nn.Linear(8 * (side // 2) ** 2, 2)
            self.first = nn.Linear(1, 8 * (side // 2) ** 2)
            self.out = nn.ConvTranspose2d(8, 1, 4, stride=2, padding=1)

        def encode(self, x):
            mu, logvar = self.heads(self.into(x.reshape(-1, 1, side, side))).split(1, dim=1)
            return mu, mu, logvar

        def decode(self, z):
            return self.out(torch.relu(self.first(z)).reshape(-1, 8, side // 2, side // 2)).flatten(1)

    return Model()


# %% norms_and_dropout
# Batch norm and dropout, which eval mode reaches; the encoder's result is a list.
def build_model(pixels):
    class Model(VAE):
        def __init__(self):
            super().__init__(pixels, 64, 5)
            self.hidden = nn.Sequential(nn.Linear(pixels, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.1))
            self.decoder = nn.Sequential(nn.Linear(5, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, pixels))

        def encode(self, x):
            return list(super().encode(x))

    return Model()


# %% starts_at_the_pixels_mean
# A decoder that starts at dark pixels, and draws in both modes.
def build_model(pixels):
    class Model(VAE):
        def encode(self, x):
            _, mu, logvar = super().encode(x)
            return mu + torch.exp(logvar / 2) * torch.randn_like(mu), mu, logvar

    model = Model(pixels, 32, 64)
    nn.init.constant_(model.decoder[2].bias, -2.0)
    return model


# %% starts_at_nothing
# The last layer starts at zero, so that z has no effect before the training; a skip from z to the pixels.
def build_model(pixels):
    class Model(VAE):
        def __init__(self):
            super().__init__(pixels, 48, 3)
            self.skip = nn.Linear(3, pixels, bias=False)
            for layer in (self.skip, self.decoder[2]):
                nn.init.zeros_(layer.weight)

        def decode(self, z):
            return super().decode(z) + self.skip(z)

    return Model()
