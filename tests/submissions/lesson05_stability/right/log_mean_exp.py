# %% float64
# Computes in float64 and goes back.
def log_mean_exp(values, dim):
    n = values.shape[dim]
    return (torch.logsumexp(values.double(), dim) - math.log(n)).to(values.dtype)


# %% of_log_weights
# Subtracts log(n) before the sum.
def log_mean_exp(values, dim):
    n = values.size(dim)
    return torch.logsumexp(values - math.log(n), dim=dim)


# %% one_by_one
# Adds up with logaddexp, one slice after another.
def log_mean_exp(values, dim):
    first, *rest = values.unbind(dim)
    for part in rest:
        first = torch.logaddexp(first, part)
    return first - math.log(len(rest) + 1)


# %% shifted
# Subtracts the largest value, and 0 where that is infinite.
def log_mean_exp(values, dim):
    top = values.amax(dim, keepdim=True)
    top = torch.where(torch.isinf(top), torch.zeros_like(top), top).detach()
    return torch.log(torch.exp(values - top).mean(dim)) + top.squeeze(dim)


# %% with_masks
# Treats slices of -inf apart, by a mask and a branch.
def log_mean_exp(values, dim):
    top = values.detach().max(dim, keepdim=True).values
    empty = top == -torch.inf
    if empty.any():
        top = top.masked_fill(empty, 0)
    return (values - top).exp().mean(dim).log() + top.squeeze(dim)
