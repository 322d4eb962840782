# Trains well a model whose decoder ends with a sigmoid.
#
# fails build_model-decode: sigmoid_in_decoder
# fails train_model-place: sigmoid_in_decoder
# fails train_model-learns: sigmoid_in_decoder
# fails train_model-target: sigmoid_in_decoder

# %% grade_id="build_model"
def build_model(pixels):
    class Model(VAE):
        def decode(self, z):
            return torch.sigmoid(super().decode(z))

    return Model(pixels)


# %% grade_id="train_model"
def train_model(model, images):
    train(model, images, 3)
