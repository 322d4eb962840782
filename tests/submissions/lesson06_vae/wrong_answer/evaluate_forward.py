# Uses forward in eval mode, so that z is mu.
#
# fails evaluate-draws: "z = mu: in eval mode"

# %% grade_id="evaluate"
def evaluate(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        logits, mu, logvar = model(x)
        _, reconstruction, kl = vae_loss(logits, x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()
