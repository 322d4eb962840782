# Takes the z of encode, which is mu in eval mode.
#
# fails evaluate-draws: "z = mu: in eval mode"

# %% grade_id="evaluate"
def evaluate(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        z, mu, logvar = model.encode(x)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()
