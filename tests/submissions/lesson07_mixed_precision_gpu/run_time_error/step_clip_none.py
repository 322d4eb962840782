# Clips without asking whether it should.
#
# fails amp_train_step-forward: "TypeError"
# fails amp_train_step-backward: "TypeError"
# fails amp_train_step-loss: "TypeError"
# fails amp_train_step-precision: "TypeError"
# fails amp_train_step-step: "TypeError"
# fails amp_train_step-fresh: "TypeError"
# fails amp_train_step-clip: "TypeError"
# fails amp_train_step-overflow: "TypeError"
# fails amp_train_step-update: "TypeError"

# %% grade_id="amp_train_step"
def amp_train_step(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()
