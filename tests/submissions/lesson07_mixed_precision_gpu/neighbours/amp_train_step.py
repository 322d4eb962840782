# %% scaled_twice
# fails step: "with the scaler on is wrong"
# fails clip: "over that without clip"
# The scaler made the step, and unscaled once.
def amp_train_step(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(scaler.scale(loss)).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# %% unscaled_twice
# fails step: "with the scaler on is wrong"
# fails clip: "over that without clip"
# The loss was scaled.
def amp_train_step(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    for parameter in model.parameters():
        parameter.grad /= scaler.get_scale()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# %% zeroed_before_the_step
# fails step: "with the scaler on is wrong"
# fails clip: "the step without clip is wrong"
# scaler.step was called.
def amp_train_step(model, x, optimizer, scaler, beta=1.0, clip=None):
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    if all(parameter.grad.isfinite().all() for parameter in model.parameters()):
        optimizer.zero_grad(set_to_none=False)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# %% steps_by_hand
# fails step: "with the scaler on is wrong"
# fails clip: "over that without clip"
# fails overflow: "the step was not skipped"
# optimizer.step() was never called.
def amp_train_step(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    with torch.no_grad():
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                parameter -= group["lr"] * parameter.grad
    scaler.unscale_(optimizer)
    scaler.update()
    return loss.item()


# %% scale_held
# fails update: "the scale after an overflow"
# scaler.update() is there; it was told to change nothing.
def amp_train_step(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update(scaler.get_scale())
    return loss.item()


# %% clipped_to_half
# fails clip: "the length of a step with clip at 0.05"
def amp_train_step(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip / 2)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()
