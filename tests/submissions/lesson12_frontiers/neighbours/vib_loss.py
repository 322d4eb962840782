# %% smoothed
# Spreads a tenth of the label over all classes.
# fails terms: "is wrong"
# fails gradients: "the gradient in logits is wrong"
def vib_loss(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y, label_smoothing=0.1)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl


# %% with_a_floor
# fails terms: "is wrong"
# fails gradients: "is wrong"
def vib_loss(logits, y, mu, logvar, beta):
    cross_entropy = F.cross_entropy(logits, y)
    kl = (0.5 * (mu**2 + logvar.exp() - 1 - logvar)).clamp(min=0.1).sum(1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl
