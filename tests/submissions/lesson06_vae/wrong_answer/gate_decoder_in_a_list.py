# Keeps the layers of the decoder in a list, where no optimizer finds them.
#
# fails VAE-logits: no_layers
# fails train_epoch-gate: decoder_stood
# fails train_epoch-target: decoder_stood

# %% grade_id="VAE"
class VAE(nn.Module):
    def __init__(self, input_dim, hidden_dim, latent_dim):
        super().__init__()
        self.latent_dim = latent_dim
        self.into = nn.Linear(input_dim, hidden_dim)
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.out = [nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim)]

    def encode(self, x):
        return self.sampler(torch.relu(self.into(x)))

    def decode(self, z):
        for layer in self.out:
            z = layer(z)
        return z

    def forward(self, x):
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


# %% grade_id="train_epoch"
def train_epoch(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count
