# %% bessel_in_the_root
# Takes the biased variance and divides by n - 1.
def standard_error(values):
    return torch.sqrt(values.var(correction=0) / (len(values) - 1))


# %% from_pairs
# Takes the variance from all pairs of values.
def standard_error(values):
    n = len(values)
    if n > 2_000:
        return values.var(unbiased=True).div(n).sqrt()
    pairs = (values[:, None] - values[None, :]).square().sum() / 2
    return (pairs / (n * (n - 1)) / n).sqrt()


# %% one_pass
# Updates mean and squares value by value.
def standard_error(values):
    mean, squares = 0.0, 0.0
    for count, value in enumerate(values.tolist(), start=1):
        step = value - mean
        mean += step / count
        squares += step * (value - mean)
    variance = squares / (len(values) - 1)
    return torch.tensor(math.sqrt(variance / len(values)), dtype=values.dtype)


# %% in_numpy
def standard_error(values):
    import numpy as np

    return torch.tensor(np.std(values.numpy(), ddof=1) / np.sqrt(values.numel()), dtype=torch.float64)


# %% jackknife
# Leaves out one value at a time.
def standard_error(values):
    n = len(values)
    loo = (values.sum() - values) / (n - 1)
    return ((n - 1) / n * (loo - loo.mean()).square().sum()).sqrt()


# %% cov
def standard_error(values):
    return (torch.cov(values) / values.numel()) ** 0.5


# %% norm
def standard_error(values):
    n = values.size(0)
    return torch.linalg.vector_norm(values - values.mean()) / math.sqrt(n * (n - 1))
