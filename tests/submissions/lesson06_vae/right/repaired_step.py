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
