# %% half_the_price
# Half of log p(z) - log q(z|x), which is a mean over two latents and not over three.
# fails values: "log-weights"
# fails draws: "log-weights"
# fails gradients: "is wrong"
def log_weights(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    price = 0.5 * (z**2 - (z - mu) ** 2 / logvar.exp() - logvar).sum(-1)
    return likelihood - 0.5 * price


# %% normalised
# fails values: "log-weights"
# fails draws: "log-weights"
# fails gradients: "is zero"
def log_weights(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    weights = likelihood - 0.5 * (z**2 - (z - mu) ** 2 / logvar.exp() - logvar).sum(-1)
    return weights - torch.logsumexp(weights, dim=0)


# %% one_constant
# A constant for one latent, in place of none or of all.
# fails values: "log-weights"
# fails draws: "log-weights"
def log_weights(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    weights = likelihood - 0.5 * (z**2 - (z - mu) ** 2 / logvar.exp() - logvar).sum(-1)
    return weights - 0.5 * math.log(2 * math.pi)


# %% limited_logits
# fails values: "log-weights"
# fails gradients: "is wrong"
def log_weights(logits, x, z, mu, logvar):
    held = logits.clamp(-50, 50)
    likelihood = -F.binary_cross_entropy_with_logits(held, x.expand_as(held), reduction="none").sum(-1)
    return likelihood - 0.5 * (z**2 - (z - mu) ** 2 / logvar.exp() - logvar).sum(-1)


# %% everything
# fails shape: "wrong shape"
# fails values: "wrong shape"
# fails draws: "wrong shape"
# fails gradients: "is wrong"
def log_weights(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    return (likelihood - 0.5 * (z**2 - (z - mu) ** 2 / logvar.exp() - logvar).sum(-1)).mean()


# %% summed_over_draws
# Its total is right.
# fails shape: per_image
# fails values: "wrong shape"
# fails draws: "wrong shape"
def log_weights(logits, x, z, mu, logvar):
    likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    return (likelihood - 0.5 * (z**2 - (z - mu) ** 2 / logvar.exp() - logvar).sum(-1)).sum(dim=0)
