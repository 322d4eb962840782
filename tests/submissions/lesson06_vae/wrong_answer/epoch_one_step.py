# Takes one step for the whole epoch.
#
# fails train_epoch-steps: "one step for the whole epoch"
# fails train_epoch-gate: "-ELBO at most 21"
# fails train_epoch-target: "-ELBO at most 20.3"

# %% grade_id="train_epoch"
def train_epoch(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    losses = []
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        losses.append(loss)
        total += loss.item() * len(x)
        count += len(x)
    optimizer.zero_grad()
    torch.stack(losses).mean().backward()
    optimizer.step()
    return total / count
