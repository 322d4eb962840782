# Does not switch the mode.
#
# fails train_epoch-mode: "stays in eval mode"

# %% grade_id="train_epoch"
def train_epoch(model, batches, optimizer, beta=1.0):
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count
