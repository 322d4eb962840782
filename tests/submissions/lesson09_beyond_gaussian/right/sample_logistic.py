# %% logit
def sample_logistic(loc, scale, u):
    return loc + scale * torch.logit(u)


# %% odds
# The logarithm of the odds.
def sample_logistic(loc, scale, u):
    return torch.log(u / (1 - u)) * scale + loc


# %% one_over_u
# 1 / u is large, and its digits are enough.
def sample_logistic(loc, scale, u):
    return loc - scale * torch.log(1 / u - 1)


# %% transforms
# Transforms of torch.distributions.
def sample_logistic(loc, scale, u):
    D = torch.distributions
    chain = [D.SigmoidTransform().inv, D.AffineTransform(loc, scale)]
    for transform in chain:
        u = transform(u)
    return u


# %% addcmul
def sample_logistic(loc, scale, u):
    logit = u.log() - (1 - u).log()
    return torch.addcmul(loc, scale, logit)


# %% scaled_logarithms
# Two logarithms, each scaled.
def sample_logistic(loc, scale, u):
    return loc + torch.log(u) * scale - torch.log1p(-u) * scale
