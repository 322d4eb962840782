# %% own_loop
# A loop of its own, with a learning rate that falls, and a result that nobody uses.
def train_model(model, images):
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    epochs, losses = 60, []
    cooling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for _ in range(epochs):
        model.train()
        for rows in torch.randperm(len(images)).split(64):
            x = images[rows]
            logits, mu, logvar = model(x)
            loss = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
            loss = (loss + 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(1)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        cooling.step()
        losses.append(loss.item())
    return losses


# %% tighter_bound
# The importance-weighted bound, and a model that is left in eval mode and returned.
def train_model(model, images):
    train(model, images, 60, lr=2e-3, loss=iwae_loss(5))
    return model.eval()


# %% warmed_up
# beta rises over the first epochs; gradients are off at the end, and on again.
def train_model(model, images):
    steps = 5 * (len(images) // 64 + 1)
    train(model, images, 70, beta=lambda step: min(1.0, (step + 1) / steps), lr=2e-3)
    with torch.no_grad():
        model.eval()
