# Uses torch.distributions for everything.

# %% grade_id="repaired_step"
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
