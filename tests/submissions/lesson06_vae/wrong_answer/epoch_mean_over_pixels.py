# Averages the reconstruction over the pixels.
#
# fails train_epoch-mean: "the reconstruction is a mean over pixels"
# fails train_epoch-steps: "the reconstruction is a mean over pixels"
# fails train_epoch-gate: "the latents say nothing"
# fails train_epoch-target: "the latents say nothing"

# %% grade_id="train_epoch"
def train_epoch(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        _, _, kl = vae_loss(logits, x, mu, logvar, beta)
        loss = F.binary_cross_entropy_with_logits(logits, x) + beta * kl
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count
