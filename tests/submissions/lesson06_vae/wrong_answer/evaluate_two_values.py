# Returns two of the three values.
#
# fails evaluate-result: "a tuple (elbo, reconstruction, kl)"
# fails evaluate-values: "a tuple (elbo, reconstruction, kl)"
# fails evaluate-draws: "a tuple (elbo, reconstruction, kl)"

# %% grade_id="evaluate"
def evaluate(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return reconstruction.item(), kl.item()
