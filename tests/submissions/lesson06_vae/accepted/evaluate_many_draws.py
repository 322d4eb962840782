# Averages sixteen draws, with torch.distributions.

# %% grade_id="evaluate"
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
