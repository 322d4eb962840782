# %% step_by_step
def sample_kumaraswamy(a, b, u):
    v = torch.log1p(-u) / b
    return torch.pow(-torch.expm1(v), a.reciprocal())


# %% in_logarithms
# Stays with the logarithm of x until the end.
def sample_kumaraswamy(a, b, u):
    log_inner = torch.log(-torch.expm1(torch.log1p(-u) / b))
    return torch.exp(log_inner / a)


# %% exponential_in_between
# An exponential draw of rate b, then two steps.
def sample_kumaraswamy(a, b, u):
    wait = torch.distributions.Exponential(b).icdf(u)
    return (-torch.expm1(-wait)) ** (1 / a)


# %% sinh
# 1 - e^v = -2 e^(v / 2) sinh(v / 2)
def sample_kumaraswamy(a, b, u):
    half = torch.log1p(-u) / (2 * b)
    return (-2 * torch.exp(half) * torch.sinh(half)) ** (1 / a)
