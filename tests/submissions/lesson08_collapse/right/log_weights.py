# %% by_distributions
def log_weights(logits, x, z, mu, logvar):
    likelihood = torch.distributions.Bernoulli(logits=logits).log_prob(x.expand_as(logits)).sum(-1)
    prior = torch.distributions.Normal(torch.zeros_like(z), torch.ones_like(z)).log_prob(z).sum(-1)
    belief = torch.distributions.Normal(mu, torch.exp(0.5 * logvar)).log_prob(z).sum(-1)
    return likelihood + prior - belief


# %% without_constants
# Those of the two densities of z cancel.
def log_weights(logits, x, z, mu, logvar):
    likelihood = (x * logits - F.softplus(logits)).sum(dim=2)
    eps = (z - mu) / torch.exp(logvar / 2)
    return likelihood + 0.5 * (eps**2 - z**2 + logvar).sum(dim=2)


# %% loop
# One draw after the other.
def log_weights(logits, x, z, mu, logvar):
    rows = []
    for one_logits, one_z in zip(logits, z):
        loss = F.binary_cross_entropy_with_logits(one_logits, x, reduction="none").sum(1)
        prior = -0.5 * one_z.pow(2).sum(1)
        belief = (-0.5 * (one_z - mu).pow(2) * torch.exp(-logvar) - 0.5 * logvar).sum(1)
        rows.append(prior - belief - loss)
    return torch.stack(rows)


# %% independent
def log_weights(logits, x, z, mu, logvar):
    D = torch.distributions
    prior = D.Independent(D.Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    belief = D.Independent(D.Normal(mu, (logvar / 2).exp()), 1)
    signs = 2 * x - 1
    return F.logsigmoid(signs * logits).sum(-1) + prior.log_prob(z) - belief.log_prob(z)


# %% helper
# One function for both densities.
def log_weights(logits, x, z, mu, logvar):
    def log_normal(mean, log_variance):
        constant = math.log(2 * math.pi)
        return -0.5 * (constant + log_variance + (z - mean) ** 2 / torch.exp(log_variance)).sum(-1)

    zero = torch.zeros_like(mu)
    log_p_x = -F.binary_cross_entropy_with_logits(logits, x[None].repeat(len(logits), 1, 1), reduction="none")
    return log_p_x.sum(-1) + log_normal(zero, zero) - log_normal(mu, logvar)
