# Leaves the model in eval mode.
#
# fails evaluate-mode: "the mode is set and never put back"

# %% grade_id="evaluate"
def evaluate(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()
