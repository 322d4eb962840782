# Asks a generator for its length.
#
# fails train_epoch-result: "TypeError"
# fails train_epoch-mean: "TypeError"
# fails train_epoch-steps: "TypeError"
# fails train_epoch-beta: "TypeError"
# fails train_epoch-mode: "TypeError"

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
        count += len(x)
    return total / len(batches)
