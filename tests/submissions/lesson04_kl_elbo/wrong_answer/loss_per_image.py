# Returns one number for each image.
#
# fails vae_loss-shape: "one number for each image"
# fails vae_loss-reconstruction: "wrong shape"
# fails vae_loss-kl: "wrong shape"
# fails vae_loss-loss: "wrong shape"
# fails vae_loss-gradients: "is wrong"

# %% grade_id="vae_loss"
def vae_loss(logits, x, mu, logvar, beta):
    f = torch.nn.functional.binary_cross_entropy_with_logits
    reconstruction = f(logits, x, reduction="none").flatten(1).sum(1)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
    return reconstruction + beta * kl, reconstruction, kl
