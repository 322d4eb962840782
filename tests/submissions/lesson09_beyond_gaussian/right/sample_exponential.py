# %% icdf
# Asks torch.distributions.
def sample_exponential(rate, u):
    return torch.distributions.Exponential(rate).icdf(u)


# %% mean_times_wait
# Multiplies by the mean.
def sample_exponential(rate, u):
    return torch.log1p(-u).neg() * rate.reciprocal()


# %% rate_inside
# Divides before it turns the sign.
def sample_exponential(rate, u):
    return -(torch.log1p(-u) / rate)


# %% atanh
# log1p(-u) by another function, which keeps the digits too.
def sample_exponential(rate, u):
    return 2 * torch.atanh(u / (2 - u)) / rate


# %% broadcast_first
# Makes the shapes equal, then loops over the elements.
def sample_exponential(rate, u):
    rate, noise = torch.broadcast_tensors(rate, u)
    pairs = zip(rate.reshape(-1), noise.reshape(-1))
    return torch.stack([-torch.log1p(-each) / r for r, each in pairs]).reshape(noise.shape)


# %% xlog1py
# Takes xlog1py.
def sample_exponential(rate, u):
    return -torch.special.xlog1py(1 / rate, -u)
