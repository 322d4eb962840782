# Goes through the images in chunks, and takes mu and logvar from forward.

# %% grade_id="evaluate"
def evaluate(model, x):
    was_training = model.training
    model.train(False)
    totals = torch.zeros(2, dtype=torch.float64)
    with torch.inference_mode():
        for chunk in x.split(3):
            _, mu, logvar = model(chunk)
            z = torch.normal(mu, torch.exp(0.5 * logvar))
            _, reconstruction, kl = vae_loss(model.decode(z), chunk, mu, logvar)
            totals += len(chunk) * torch.stack([reconstruction, kl]).double()
    if was_training:
        model.train()
    reconstruction, kl = (totals / len(x)).tolist()
    return -(reconstruction + kl), reconstruction, kl
