# %% means_alone
# z = mu: not -ELBO, and as good a score.
def anomaly_score(model, x):
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        logits = model.decode(mu)
    loss = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
    return loss + 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(1)


# %% by_the_prior
# -log p(x) by codes of the prior, without the encoder; in float64, with a graph.
def anomaly_score(model, x):
    z = torch.randn(2_000, model.latent_dim, generator=torch.Generator().manual_seed(1))
    return prices(model.decode(z), x)[0]


# %% image_by_image
# One image after the other, each with the same noise.
def anomaly_score(model, x):
    scores = []
    for image in x:
        generator = torch.Generator().manual_seed(5)
        _, mu, logvar = model.encode(image[None])
        z = mu + torch.exp(logvar / 2) * torch.randn(16, mu.shape[1], generator=generator)
        logits = model.decode(z)
        loss = F.binary_cross_entropy_with_logits(logits, image.expand_as(logits), reduction="none").sum(1).mean()
        scores.append(loss + 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum())
    return torch.stack(scores).detach()
