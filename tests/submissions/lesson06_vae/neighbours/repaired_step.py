# %% loss_at_mu_after
# Returns the reconstruction from mu, after the step.
# fails draws: "more is decoded than one draw for each image"
# fails loss: "before the step"
def repaired_step(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    mu, _ = model.encode(x)
    return F.binary_cross_entropy(model.decode(mu), x, reduction="none").sum(1).mean().item()


# %% half_the_kl
# Halves the KL.
# fails loss: "the loss is wrong"
# fails step: "one step along the gradient"
def repaired_step(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.25 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


# %% two_steps
# Takes two steps.
# fails step: "one step along the gradient"
def repaired_step(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    optimizer.step()
    return loss.item()


# %% coins
# Noise that is 1 or -1.
# fails draws: "wrong distribution"
def repaired_step(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu).sign()
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


# %% mean_of_two_draws
# Decodes two draws of each image, and averages.
# fails draws: "more is decoded than one draw for each image"
# fails loss: "the loss is wrong"
# fails step: "one step along the gradient"
def repaired_step(model, x, optimizer):
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = (model.decode(z) + model.decode(mu + torch.exp(log_std) * torch.randn_like(mu))) / 2
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
