# Still decodes mu.
#
# fails repaired_step-draws: "the sampler is still never called"

# %% grade_id="repaired_step"
def repaired_step(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
