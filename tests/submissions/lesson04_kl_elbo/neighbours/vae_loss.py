# %% capacity
# fails loss: "the loss is wrong"
# fails gradients: "is wrong"
# Has the gradients of a beta that is ignored, and another loss.
def vae_loss(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction + (kl - beta).abs(), reconstruction, kl


# %% sums_everywhere
# fails reconstruction: batch_summed
# fails kl: kl_summed
# fails gradients: "is wrong"
# Both terms are sums, so that beta is what it should be.
def vae_loss(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    reconstruction, kl = reconstruction * len(x), kl * len(x)
    return reconstruction + beta * kl, reconstruction, kl


# %% rounds_its_pixels
# fails reconstruction: "for grey pixels is wrong"
def vae_loss(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    reconstruction = F.softplus(torch.where(x > 0.5, -logits, logits)).sum() / len(x)
    return reconstruction + beta * kl, reconstruction, kl


# %% order_of_a_wrong_term
# fails reconstruction: order
# fails kl: order
# fails loss: order
# fails gradients: order
# The KL is another, too.
def vae_loss(logits, x, mu, logvar, beta):
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 1.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return reconstruction, kl, reconstruction + beta * kl
