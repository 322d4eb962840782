# Does not hand beta on.
#
# fails train_epoch-beta: "beta is ignored"

# %% grade_id="train_epoch"
def train_epoch(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count
