# %% biased
# Divides by n.
def active_units(mu, threshold=0.01):
    return int((mu.var(dim=0, correction=0) > threshold).sum())


# %% by_hand
def active_units(mu, threshold=0.01):
    centred = mu - mu.mean(dim=0, keepdim=True)
    variances = (centred**2).mean(dim=0)
    return sum(1 for variance in variances.tolist() if variance > threshold)


# %% numpy
def active_units(mu, threshold=0.01):
    return int((mu.numpy().var(axis=0) > threshold).sum())


# %% standard_deviation
# Compares the standard deviation with the root.
def active_units(mu, threshold=0.01):
    return (mu.std(0) > threshold**0.5).sum().item()


# %% covariance
# Reads the diagonal of the covariance.
def active_units(mu, threshold=0.01):
    covariance = torch.atleast_2d(torch.cov(mu.T))
    return torch.count_nonzero(covariance.diagonal() > threshold).item()
