# %% one_draw_at_a_time
# A loop over the draws, images first in the noise's shape.
def anomaly_score(model, x):
    was_training = model.training
    model.eval()
    generator = torch.Generator(device="cpu")
    generator.manual_seed(2024)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        total = torch.zeros(len(x), dtype=x.dtype)
        for _ in range(16):
            eps = torch.randn(mu.shape[1], generator=generator, dtype=mu.dtype)
            logits = model.decode(mu + eps * torch.exp(0.5 * logvar))
            total += F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    model.train(was_training)
    return total / 16 + kl


# %% a_copy_of_the_model
# Works on a copy; rows of an image stand together; log-probabilities by torch.distributions.
@torch.inference_mode()
def anomaly_score(model, x):
    model = copy.deepcopy(model).eval()
    _, mu, logvar = model.encode(x)
    eps = torch.randn(16, mu.shape[1], generator=torch.Generator().manual_seed(7)).to(mu.dtype)
    z = mu[:, None] + torch.exp(logvar / 2)[:, None] * eps
    p = torch.distributions.Bernoulli(logits=model.decode(z), validate_args=False)
    q = torch.distributions.Normal(mu, torch.exp(logvar / 2))
    kl = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).sum(1)
    return (kl - p.log_prob(x[:, None]).sum(2).mean(1)).clone()


# %% one_image_at_a_time
# Asks for each image alone, all rows of z in one matrix.
def anomaly_score(model, x):
    mode = model.training
    model.train(False)
    try:
        scores = []
        with torch.no_grad():
            for image in x:
                generator = torch.Generator().manual_seed(3)
                mu, logvar = (part[0] for part in model.encode(image[None])[1:])
                z = mu + torch.exp(logvar / 2) * torch.randn(16, len(mu), generator=generator, dtype=mu.dtype)
                logits = model.decode(z)
                loss = (F.softplus(logits) - image * logits).sum(1).mean()
                scores.append(loss + 0.5 * (mu.square() + torch.expm1(logvar) - logvar).sum())
        return torch.stack(scores)
    finally:
        model.train(mode)


# %% old_state_put_back
# Draws with NumPy's own generator.
def anomaly_score(model, x):
    import numpy as np

    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.from_numpy(np.random.default_rng(0).standard_normal((16, 1, mu.shape[1]))).to(mu.dtype)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1).mean(0)
    model.train(was_training)
    return loss + 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
