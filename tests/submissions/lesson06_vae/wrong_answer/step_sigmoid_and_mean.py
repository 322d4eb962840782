# Repairs the draw, and nothing of the loss.
#
# fails repaired_step-loss: "And the reconstruction is still a mean"

# %% grade_id="repaired_step"
def repaired_step(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = torch.sigmoid(model.decode(z))
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="mean")
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
