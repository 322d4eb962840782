# Never shows the loss to the scaler.
#
# fails amp_train_step-forward: "your script did not use scaler.scale(loss or outputs)"
# fails amp_train_step-backward: "your script did not use scaler.scale(loss or outputs)"
# fails amp_train_step-loss: "your script did not use scaler.scale(loss or outputs)"
# fails amp_train_step-step: "your script did not use scaler.scale(loss or outputs)"
# fails amp_train_step-clip: "your script did not use scaler.scale(loss or outputs)"
# fails amp_train_step-overflow: "your script did not use scaler.scale(loss or outputs)"
# fails amp_train_step-update: "your script did not use scaler.scale(loss or outputs)"

# %% grade_id="amp_train_step"
def amp_train_step(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    loss.backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()
