# Turns the sign of the KL.
#
# fails vae_loss-kl: "the sign is turned"
# fails vae_loss-gradients: "the KL lowers the loss"

# %% grade_id="vae_loss"
def vae_loss(logits, x, mu, logvar, beta):
    f = torch.nn.functional.binary_cross_entropy_with_logits
    reconstruction = f(logits, x, reduction="none").flatten(1).sum(1).mean()
    kl = 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl
