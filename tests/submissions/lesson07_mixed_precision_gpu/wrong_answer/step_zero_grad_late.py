# zero_grad at the end, which does not help what was there before.
#
# fails amp_train_step-fresh: "comes after backward() only"

# %% grade_id="amp_train_step"
def amp_train_step(model, x, optimizer, scaler, beta=1.0, clip=None):
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    optimizer.zero_grad()
    return loss.item()
