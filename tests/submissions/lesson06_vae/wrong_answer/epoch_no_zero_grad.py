# Never clears the gradients.
#
# fails train_epoch-steps: "zero_grad is missing"
# fails train_epoch-gate: "-ELBO at most 21"
# fails train_epoch-target: "-ELBO at most 20.3"

# %% grade_id="train_epoch"
def train_epoch(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count
