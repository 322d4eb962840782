# %% limited
# Limits u, where others limit 1 - tanh^2.
# fails stable: "log_prob in float32 is wrong"
def squashed_gaussian(mu, log_std, eps, scale=1.0):
    u = (mu + log_std.exp() * eps).clamp(-10, 10)
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * torch.tanh(u), (normal - log_slope - math.log(scale)).sum(dim=-1)


# %% half_of_it
# Takes the slope of tanh without its square.
# fails density: "log_prob is wrong"
# fails stable: "log_prob in float32 is wrong"
# fails gradients: "the gradient in mu"
def squashed_gaussian(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = math.log(2) - u - F.softplus(-2 * u)
    return scale * torch.tanh(u), (normal - log_slope - math.log(scale)).sum(dim=-1)


# %% another_squash
# fails action: "action is wrong"
# fails gradients: "for action"
def squashed_gaussian(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * F.softsign(u), (normal - log_slope - math.log(scale)).sum(dim=-1)
