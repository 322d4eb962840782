# Minimises the reconstruction alone.
#
# fails train_epoch-mean: "the KL term is missing"
# fails train_epoch-steps: "the KL term is missing"
# fails train_epoch-beta: "beta is ignored"
# fails train_epoch-gate: "the KL term hardly counts"
# fails train_epoch-target: "the KL term hardly counts"

# %% grade_id="train_epoch"
def train_epoch(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        _, loss, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count
