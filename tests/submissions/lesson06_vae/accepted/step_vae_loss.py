# Turns probabilities into logits, and uses vae_loss.

# %% grade_id="repaired_step"
def repaired_step(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + log_std.exp() * torch.randn_like(mu)
    loss, _, _ = vae_loss(torch.logit(model.decode(z)), x, mu, 2 * log_std)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
