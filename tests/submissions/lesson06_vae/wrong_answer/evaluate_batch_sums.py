# Sums over the images.
#
# fails evaluate-values: "a sum over the images"

# %% grade_id="evaluate"
def evaluate(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    n = len(x)
    return -n * (reconstruction + kl).item(), n * reconstruction.item(), n * kl.item()
