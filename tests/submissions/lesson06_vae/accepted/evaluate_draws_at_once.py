# Decodes several draws in one call, with a dimension of their own.

# %% grade_id="evaluate"
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
