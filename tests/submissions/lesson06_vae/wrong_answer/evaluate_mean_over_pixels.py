# Averages the reconstruction over the pixels.
#
# fails evaluate-values: "a mean over pixels"

# %% grade_id="evaluate"
def evaluate(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        reconstruction = F.binary_cross_entropy_with_logits(model.decode(z), x)
        kl = gaussian_kl(mu, logvar).mean()
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()
