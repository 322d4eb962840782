# %% draws_at_once
# Decodes several draws in one call, with a dimension of their own.
def evaluate(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn(4, *mu.shape)
        logits = model.decode(z)
        reconstruction = (
            F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1).mean()
        )
        kl = gaussian_kl(mu, logvar).mean()
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


# %% in_chunks
# Goes through the images in chunks, and takes mu and logvar from forward.
def evaluate(model, x):
    was_training = model.training
    model.train(False)
    totals = torch.zeros(2, dtype=torch.float64)
    with torch.inference_mode():
        for chunk in x.split(3):
            _, mu, logvar = model(chunk)
            z = torch.normal(mu, torch.exp(0.5 * logvar))
            _, reconstruction, kl = vae_loss(model.decode(z), chunk, mu, logvar)
            totals += len(chunk) * torch.stack([reconstruction, kl]).double()
    if was_training:
        model.train()
    reconstruction, kl = (totals / len(x)).tolist()
    return -(reconstruction + kl), reconstruction, kl


# %% many_draws
# Averages sixteen draws, with torch.distributions.
@torch.no_grad()
def evaluate(model, x):
    mode = model.training
    try:
        model.eval()
        _, mu, logvar = model.encode(x)
        q = torch.distributions.Normal(mu, torch.exp(logvar / 2))
        kl = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).sum(1).mean().item()
        reconstruction = 0.0
        for _ in range(16):
            logits = model.decode(q.sample())
            reconstruction += F.binary_cross_entropy_with_logits(logits, x, reduction="sum").item() / len(x) / 16
    finally:
        model.train(mode)
    return -reconstruction - kl, reconstruction, kl
