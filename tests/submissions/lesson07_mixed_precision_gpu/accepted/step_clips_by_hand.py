# Computes the norm itself, and clears the gradients just before backward.

# %% grade_id="amp_train_step"
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
