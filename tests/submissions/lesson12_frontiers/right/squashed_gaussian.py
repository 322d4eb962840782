# %% transform
def squashed_gaussian(mu, log_std, eps, scale=1.0):
    std = log_std.exp()
    u = mu + std * eps
    squash = torch.distributions.transforms.TanhTransform()
    action = squash(u)
    density = torch.distributions.Normal(mu, std).log_prob(u) - squash.log_abs_det_jacobian(u, action)
    return scale * action, (density - math.log(scale)).sum(-1)


# %% logsigmoids
# 1 - tanh^2 = 4 sigmoid(2u) sigmoid(-2u).
def squashed_gaussian(mu, log_std, eps, scale=1.0):
    u = mu + torch.exp(log_std) * eps
    normal = -(eps**2) / 2 - log_std - math.log(math.sqrt(2 * math.pi))
    slope = 2 * math.log(2) + F.logsigmoid(2 * u) + F.logsigmoid(-2 * u)
    log_prob = normal.sum(-1) - slope.sum(-1) - mu.shape[-1] * math.log(scale)
    return scale * u.tanh(), log_prob


# %% log_cosh
def squashed_gaussian(mu, log_std, eps, scale=1.0):
    log_std = log_std.clamp(-20, 2)
    u = torch.addcmul(mu, log_std.exp(), eps)
    log_cosh = u.abs() + F.softplus(-2 * u.abs()) - math.log(2)
    each = -0.5 * (eps.square() + 2 * log_std + math.log(2 * math.pi)) + 2 * log_cosh
    return torch.tanh(u) * scale, each.sum(dim=-1) - u.shape[-1] * math.log(scale)


# %% other_side
# The same correction from below.
def squashed_gaussian(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    log_prob = torch.distributions.Normal(mu.detach() * 0 + mu, log_std.exp()).log_prob(u)
    log_prob = log_prob - (2 * (math.log(2) + u - F.softplus(2 * u)) + math.log(scale))
    return scale * (2 * torch.sigmoid(2 * u) - 1), log_prob.sum(-1)
