# Writes the cross-entropy with softplus.

# %% grade_id="vae_loss"
def vae_loss(logits, x, mu, logvar, beta):
    nll = torch.nn.functional.softplus(logits) - x * logits
    reconstruction = nll.flatten(1).sum(1).mean(0)
    kl = 0.5 * (mu**2 + logvar.exp() - logvar - 1).sum(1).mean(0)
    return [reconstruction + beta * kl, reconstruction, kl]
