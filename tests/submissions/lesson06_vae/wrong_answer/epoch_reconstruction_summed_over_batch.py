# Sums the reconstruction over the batch, and averages the KL.
#
# fails train_epoch-mean: "the reconstruction is summed over the batch"
# fails train_epoch-steps: "the reconstruction is summed over the batch"
# fails train_epoch-gate: "the KL term hardly counts"
# fails train_epoch-target: "the KL term hardly counts"

# %% grade_id="train_epoch"
def train_epoch(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        _, reconstruction, kl = vae_loss(logits, x, mu, logvar, beta)
        loss = reconstruction * len(x) + beta * kl
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count
