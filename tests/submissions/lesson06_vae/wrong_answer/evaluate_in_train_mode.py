# Evaluates in train mode to get draws.
#
# fails evaluate-mode: "the model is in train mode while it is evaluated"

# %% grade_id="evaluate"
def evaluate(model, x):
    was_training = model.training
    model.train()
    with torch.no_grad():
        z, mu, logvar = model.encode(x)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()
