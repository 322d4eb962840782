# Sums over the last dimension of an image alone.
#
# fails vae_loss-reconstruction: "an image may have several"

# %% grade_id="vae_loss"
def vae_loss(logits, x, mu, logvar, beta):
    f = torch.nn.functional.binary_cross_entropy_with_logits
    reconstruction = f(logits, x, reduction="none").sum(-1).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl
