# %% clips_by_hand
# Computes the norm itself, and clears the gradients just before backward.
def amp_train_step(model, x, optimizer, scaler, beta=1.0, clip=None):
    with autocast_for(x.device):
        outputs = model(x)
    logits, mu, logvar = (output.float() for output in outputs)
    loss, reconstruction, kl = vae_loss(logits, x, mu, logvar, beta)
    optimizer.zero_grad(set_to_none=False)
    scaler.scale(reconstruction + beta * kl).backward()
    scaler.unscale_(optimizer)
    if clip is not None:
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"]]
        norm = sum(g.square().sum() for g in gradients).sqrt()
        for g in gradients:
            g.mul_(torch.clamp(clip / norm, max=1.0))
    scaler.step(optimizer)
    scaler.update()
    return loss.detach().item()


# %% island_inside
# An island with autocast switched off inside, and a loss of its own.
def amp_train_step(model, x, optimizer, scaler, beta=1.0, clip=None):
    kind = x.device.type
    with torch.autocast(kind, dtype=torch.bfloat16):
        logits, mu, logvar = model(x)
        with torch.autocast(kind, enabled=False):
            l, m, v = logits.float(), mu.float(), logvar.float()
            nll = (F.softplus(l) - x * l).sum(dim=-1)
            kl = -0.5 * (1 + v - m**2 - v.exp()).sum(dim=-1)
            loss = (nll + beta * kl).mean()
    for parameter in model.parameters():
        parameter.grad = None
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_norm_(model.parameters(), float("inf") if clip is None else clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# %% loss_under_autocast
# The loss stands inside the context, and takes float32.
def amp_train_step(model, x, optimizer, scaler, beta=1.0, clip=None):
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = None
    with autocast_for(x.device):
        outputs = model(x)
        loss = vae_loss(outputs[0].float(), x.float(), *(each.float() for each in outputs[1:]), beta=beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        parameters = [parameter for parameter in model.parameters() if parameter.grad is not None]
        nn.utils.clip_grad_norm_(parameters, max_norm=clip)
    scaler.step(optimizer)
    scaler.update()
    return float(loss.detach())
