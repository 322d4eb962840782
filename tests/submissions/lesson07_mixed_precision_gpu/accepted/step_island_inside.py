# An island with autocast switched off inside, and a loss of its own.

# %% grade_id="amp_train_step"
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
