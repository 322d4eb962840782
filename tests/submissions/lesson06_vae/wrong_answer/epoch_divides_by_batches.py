# Adds up the losses of all images, and divides by the number of batches.
#
# fails train_epoch-mean: "divided by the number of batches"

# %% grade_id="train_epoch"
def train_epoch(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += 1
    return total / count
