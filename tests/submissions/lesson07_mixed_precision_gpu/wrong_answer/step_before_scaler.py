# optimizer.step() before scaler.step().
#
# fails amp_train_step-step: "optimizer.step() used the scaled gradients"
# fails amp_train_step-clip: "the length of a step"
# fails amp_train_step-overflow: "optimizer.step() ran although the gradients had overflowed"

# %% grade_id="amp_train_step"
def amp_train_step(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    scaler.step(optimizer)
    scaler.update()
    return loss.item()
