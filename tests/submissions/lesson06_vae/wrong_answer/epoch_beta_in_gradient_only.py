# Returns the loss without beta.
#
# fails train_epoch-beta: "beta is ignored"

# %% grade_id="train_epoch"
def train_epoch(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, reconstruction, kl = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += (reconstruction + kl).item() * len(x)
        count += len(x)
    return total / count
