# Has a beta in the ELBO.
#
# fails evaluate-values: "the KL counts 0.5 times: a beta inside"

# %% grade_id="evaluate"
def evaluate(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + 0.5 * kl).item(), reconstruction.item(), kl.item()
