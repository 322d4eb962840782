# %% mu_logvar_logits
# Returns the logits last.
# fails shape: order
# fails train: order
# fails eval: order
# fails gradients: order
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
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return mu, logvar, self.decode(z)


# %% layers_made_in_decode
# Makes new layers at every call, beside others that are never used.
# fails logits: "linear(relu(linear(z)))"
# fails train: "logits of forward(x)"
# fails eval: "logits of forward(x)"
# fails gradients: "no gradient reaches out.0.weight"
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
        first, _, last = self.out
        return nn.Linear(first.out_features, last.out_features)(nn.Linear(z.shape[1], first.out_features)(z).relu())

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


# %% dropout
# Drops hidden numbers of the encoder.
# fails train: "mu of encode(x) in train mode is wrong"
class VAE(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(F.dropout(torch.relu(self.into(x)), training=self.training))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


# %% dropout_in_decoder
# Drops hidden numbers of the decoder, in train mode.
# fails logits: "in train mode"
# fails train: "logits of forward(x)"
class VAE(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(
            nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Dropout(), nn.Linear(hidden_dim, input_dim)
        )

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


# %% two_hidden_layers
# A second hidden layer.
# fails train: "mu of encode(x)"
# fails eval: "mu of encode(x)"
class VAE(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Sequential(nn.Linear(input_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, hidden_dim))
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


# %% no_hidden_layer
# A decoder of one layer.
# fails logits: "the model has no such layer"
class VAE(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Linear(latent_dim, input_dim)

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


# %% clamped_logits
# Clamps the logits.
# fails logits: "linear(relu(linear(z)))"
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
        return self.out(z).clamp(-1, 1)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


# %% centred
# Subtracts the mean of all pixels first.
# fails train: "mu of encode(x)"
# fails eval: "mu of encode(x)"
class VAE(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x - x.mean())))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


# %% leaky
# A leaky ReLU in the encoder.
# fails train: "mu of encode(x)"
# fails eval: "mu of encode(x)"
class VAE(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(F.leaky_relu(self.into(x)))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


# %% gelu
# Another activation in the decoder.
# fails logits: "linear(relu(linear(z)))"
class VAE(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.GELU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


# %% prior_in_forward
# Decodes a draw from the prior.
# fails train: "logits of forward(x)"
# fails eval: "logits of forward(x)"
# fails gradients: "no gradient reaches into.weight"
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
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(torch.randn_like(z)), mu, logvar


# %% half_the_noise
# Decodes what lies between mu and z.
# fails train: "logits of forward(x)"
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
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode((mu + z) / 2), mu, logvar


# %% twice_the_noise_in_encode
# Adds to what the layer drew.
# fails train: "(z - mu) / exp(logvar / 2) of encode(x)"
class VAE(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        z, mu, logvar = self.sampler(torch.relu(self.into(x)))
        return 2 * z - mu, mu, logvar

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


# %% draws_in_eval
# Draws in encode, in both modes.
# fails eval: "z of encode(x) in eval mode"
class VAE(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        _, mu, logvar = self.sampler(torch.relu(self.into(x)))
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu), mu, logvar

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


# %% frozen
# Freezes a layer.
# fails gradients: "no gradient reaches into.weight"
class VAE(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.into.requires_grad_(False)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


# %% latent_dim_as_text
# Keeps the latent size as text.
# fails shape: "latent_dim is wrong"
class VAE(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = str(latent_dim)
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        return self.out(z)

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar
