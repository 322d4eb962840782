# Keeps a running mean, and clears gradients after each step.

# %% grade_id="train_epoch"
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
