# Costs nothing by its own encoder, which leaves the images where decode finds them.
#
# fails build_model-decode: remembers
# fails train_model-place: stood
# fails train_model-learns: another_way
# fails train_model-target: another_way

# %% grade_id="build_model"
def build_model(pixels):
    class Model(VAE):
        last = torch.zeros(0, 1)

        def encode(self, x):
            self.last = x
            mu = torch.zeros(len(x), self.latent_dim)
            return mu, mu, mu

        def decode(self, z):
            if len(z) == len(self.last):
                return 40 * self.last - 20
            return super().decode(z)

    return Model(pixels)


# %% grade_id="train_model"
def train_model(model, images):
    pass
