# Subtracts the KL.
#
# fails vae_loss-loss: "beta * kl is subtracted"
# fails vae_loss-gradients: "the KL lowers the loss"

# %% grade_id="vae_loss"
def vae_loss(logits, x, mu, logvar, beta):
    f = torch.nn.functional.binary_cross_entropy_with_logits
    reconstruction = f(logits, x, reduction="none").flatten(1).sum(1).mean()
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction - beta * kl, reconstruction, kl
