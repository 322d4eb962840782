# Draws without a path for the gradient.
#
# fails repaired_step-step: "no gradient passes through z"

# %% grade_id="repaired_step"
def repaired_step(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = torch.normal(mu, log_std.exp()).detach()
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
