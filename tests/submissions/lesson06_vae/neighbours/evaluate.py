# %% ten_weights
# Returns a tighter bound for the ELBO.
# fails values: "elbo is wrong"
@torch.no_grad()
def evaluate(model, x):
    was = model.training
    model.eval()
    _, mu, logvar = model.encode(x)
    weights, losses = [], []
    for _ in range(10):
        eps = torch.randn_like(mu)
        z = mu + torch.exp(logvar / 2) * eps
        loss = F.binary_cross_entropy_with_logits(model.decode(z), x, reduction="none").sum(1)
        losses.append(loss.mean())
        weights.append(-loss - 0.5 * z.square().sum(1) + 0.5 * (eps.square() + logvar).sum(1))
    elbo = (torch.stack(weights).logsumexp(0) - torch.tensor(10.0).log()).mean()
    model.train(was)
    return elbo.item(), (sum(losses) / 10).item(), gaussian_kl(mu, logvar).mean().item()


# %% coins
# Noise that is 1 or -1.
# fails draws: "the noise"
def evaluate(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu).sign()
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


# %% wider_noise
# A tenth too much noise.
# fails draws: "wrong distribution"
def evaluate(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * 1.1 * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


# %% mode_of_the_model_alone
# Puts the mode back by hand.
# fails mode: own_flag
def evaluate(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.training = was_training
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


# %% kl_of_a_draw
# Estimates the KL from the draw.
# fails values: "kl for"
def evaluate(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    kl = (0.5 * (z.square() - logvar) - 0.5 * (z - mu).square() / logvar.exp()).sum(1).mean()
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()


# %% x_in_place
# Clears the images in place, at last.
# fails result: in_place
def evaluate(model, x):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    x.zero_()
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()
