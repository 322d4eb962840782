# Uses exp(logvar) as the standard deviation.
#
# fails evaluate-draws: "that is the variance"

# %% grade_id="evaluate"
def evaluate(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()
