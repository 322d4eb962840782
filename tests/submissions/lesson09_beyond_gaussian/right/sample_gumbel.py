# %% step_by_step
def sample_gumbel(loc, scale, u):
    waiting = -u.log()
    return loc - scale * waiting.log()


# %% one_over_u
# Turns the fraction, not the sign.
def sample_gumbel(loc, scale, u):
    return loc - scale * torch.log(torch.log(1 / u))


# %% minus_scale
def sample_gumbel(loc, scale, u):
    return torch.log(-torch.log(u)) * -scale + loc


# %% power
# Scales inside the logarithm.
def sample_gumbel(loc, scale, u):
    return loc - torch.log((-torch.log(u)) ** scale)
