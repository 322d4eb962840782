# %% pictures
# Logits in the shape of a picture.
# fails decode: "wrong shape"
def build_model(pixels):
    class Model(VAE):
        def decode(self, z):
            side = math.isqrt(pixels)
            return super().decode(z).reshape(-1, side, side)

    return Model(pixels)


# %% short_mu
# Half of mu.
# fails encode: "wrong shape"
# fails decode: "wrong shape"
def build_model(pixels):
    class Model(VAE):
        def encode(self, x):
            z, mu, logvar = super().encode(x)
            return z, mu[:, :4], logvar

    return Model(pixels)
