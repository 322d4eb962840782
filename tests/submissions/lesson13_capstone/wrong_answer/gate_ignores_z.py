# A decoder that z does not reach.
#
# fails train_model-place: ignores_z
# fails train_model-learns: collapsed
# fails train_model-target: collapsed

# %% grade_id="build_model"
def build_model(pixels):
    class Model(VAE):
        def decode(self, z):
            return super().decode(0 * z)

    return Model(pixels)


# %% grade_id="train_model"
def train_model(model, images):
    train(model, images, 15, lr=4e-3)
