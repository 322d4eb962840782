# Forgets to move the weights.
#
# fails amp_train_step-step: "the weights did not move"
# fails amp_train_step-clip: "the weights did not move"

# %% grade_id="amp_train_step"
def amp_train_step(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    scaler.update()
    return loss.item()
