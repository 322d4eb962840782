# %% eight_pairs
# Eight draws and their mirror images.
# fails draws: "repeats along the draws"
def anomaly_score(model, x):
    was = model.training
    model.eval()
    g = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, lv = model.encode(x)
        e = torch.randn(8, 1, mu.shape[1], generator=g, dtype=mu.dtype)
        e = torch.cat([e, -e])
        lo = model.decode(mu + torch.exp(lv / 2) * e)
        n = F.binary_cross_entropy_with_logits(lo, x.expand_as(lo), reduction="none").sum(-1).mean(0)
        kl = 0.5 * (mu**2 + lv.exp() - 1 - lv).sum(-1)
    model.train(was)
    return n + kl


# %% fifteen
# Fifteen draws.
# fails draws: "z is not drawn 16 times"
def anomaly_score(model, x):
    was = model.training
    model.eval()
    g = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, lv = model.encode(x)
        e = torch.randn(15, 1, mu.shape[1], generator=g, dtype=mu.dtype)
        lo = model.decode(mu + torch.exp(lv / 2) * e)
        n = F.binary_cross_entropy_with_logits(lo, x.expand_as(lo), reduction="none").sum(-1).mean(0)
        kl = 0.5 * (mu**2 + lv.exp() - 1 - lv).sum(-1)
    model.train(was)
    return n + kl


# %% kl_twice
# Twice the KL.
# fails values: "the score of 6 images is wrong"
def anomaly_score(model, x):
    was = model.training
    model.eval()
    g = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, lv = model.encode(x)
        e = torch.randn(16, 1, mu.shape[1], generator=g, dtype=mu.dtype)
        lo = model.decode(mu + torch.exp(lv / 2) * e)
        n = F.binary_cross_entropy_with_logits(lo, x.expand_as(lo), reduction="none").sum(-1).mean(0)
        kl = (mu**2 + lv.exp() - 1 - lv).sum(-1)
    model.train(was)
    return n + kl


# %% mse
# Squared errors.
# fails values: "the score of 6 images is wrong"
def anomaly_score(model, x):
    was = model.training
    model.eval()
    g = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, lv = model.encode(x)
        e = torch.randn(16, 1, mu.shape[1], generator=g, dtype=mu.dtype)
        lo = model.decode(mu + torch.exp(lv / 2) * e)
        n = ((torch.sigmoid(lo) - x) ** 2).sum(-1).mean(0)
        kl = 0.5 * (mu**2 + lv.exp() - 1 - lv).sum(-1)
    model.train(was)
    return n + kl


# %% standardized
# Less the mean of the batch.
# fails values: "the score of 6 images is wrong"
# fails same: "the score of an image alone"
def anomaly_score(model, x):
    was = model.training
    model.eval()
    g = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, lv = model.encode(x)
        e = torch.randn(16, 1, mu.shape[1], generator=g, dtype=mu.dtype)
        lo = model.decode(mu + torch.exp(lv / 2) * e)
        n = F.binary_cross_entropy_with_logits(lo, x.expand_as(lo), reduction="none").sum(-1).mean(0)
        kl = 0.5 * (mu**2 + lv.exp() - 1 - lv).sum(-1)
    model.train(was)
    s = n + kl
    return s - s.mean()
