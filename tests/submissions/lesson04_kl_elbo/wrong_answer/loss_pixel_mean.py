# Averages over the pixels.
#
# fails vae_loss-reconstruction: "the reconstruction is averaged over the pixels"
# fails vae_loss-gradients: "the reconstruction is averaged over the pixels"

# %% grade_id="vae_loss"
def vae_loss(logits, x, mu, logvar, beta):
    f = torch.nn.functional.binary_cross_entropy_with_logits
    reconstruction = f(logits, x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl
