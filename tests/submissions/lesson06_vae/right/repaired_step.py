# %% by_hand
# Writes the cross-entropy out.
def repaired_step(model, x, optimizer):
    mu, log_std = model.encode(x)
    p = model.decode(torch.randn_like(mu) * log_std.exp() + mu).clamp(1e-7, 1 - 1e-7)
    reconstruction = -(x * p.log() + (1 - x) * (1 - p).log()).sum(1)
    kl = (0.5 * (mu**2 + torch.exp(2 * log_std) - 1) - log_std).sum(1)
    loss = (reconstruction + kl).mean()
    model.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach().item()


# %% distributions
# Uses torch.distributions for everything.
def repaired_step(model, x, optimizer):
    optimizer.zero_grad()
    mu, log_std = model.encode(x)
    q = torch.distributions.Normal(mu, log_std.exp())
    pixels = torch.distributions.Bernoulli(probs=model.decode(q.rsample()))
    kl = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0))
    loss = (kl.sum() - pixels.log_prob(x).sum()) / len(x)
    loss.backward()
    optimizer.step()
    return float(loss)


# %% vae_loss
# Turns probabilities into logits, and uses vae_loss.
def repaired_step(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + log_std.exp() * torch.randn_like(mu)
    loss, _, _ = vae_loss(torch.logit(model.decode(z)), x, mu, 2 * log_std)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
