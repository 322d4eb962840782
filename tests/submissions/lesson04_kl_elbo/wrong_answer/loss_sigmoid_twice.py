# Applies sigmoid before a loss that takes logits.
#
# fails vae_loss-reconstruction: "a sigmoid twice"
# fails vae_loss-gradients: "a sigmoid twice"

# %% grade_id="vae_loss"
def vae_loss(logits, x, mu, logvar, beta):
    f = torch.nn.functional.binary_cross_entropy_with_logits
    reconstruction = f(torch.sigmoid(logits), x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl
