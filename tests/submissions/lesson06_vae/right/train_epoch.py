# %% own_loss
# Writes the loss out, with torch.distributions.
def train_epoch(model, batches, optimizer, beta=1.0):
    model.train()
    losses = []
    for x in batches:
        logits, mu, logvar = model(x)
        q = torch.distributions.Normal(mu, torch.exp(logvar / 2))
        kl = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).sum(1)
        nll = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        per_image = nll + beta * kl
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad = None
        per_image.mean().backward()
        optimizer.step()
        losses.extend(per_image.detach().tolist())
    return sum(losses) / len(losses)


# %% running_mean
# Keeps a running mean, and clears gradients after each step.
def train_epoch(model, batches, optimizer, beta=1.0):
    model.train(True)
    mean, seen = 0.0, 0
    for batch in batches:
        logits, mu, logvar = model(batch)
        loss = vae_loss(logits, batch, mu, logvar, beta=beta)[0]
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        seen += batch.shape[0]
        mean += (float(loss) - mean) * batch.shape[0] / seen
    return mean
