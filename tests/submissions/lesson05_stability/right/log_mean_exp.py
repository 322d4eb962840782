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


# %% movedim
# Moves dim to the front.
def log_mean_exp(values, dim):
    v = values.movedim(dim, 0)
    return torch.logsumexp(v, 0) - math.log(len(v))


# %% logcumsumexp
# Takes the last of the cumulative sums.
def log_mean_exp(values, dim):
    n = values.shape[dim]
    return torch.logcumsumexp(values, dim).select(dim, -1) - math.log(n)


# %% of_zeros
# Takes log(n) as the same sum of zeros.
def log_mean_exp(values, dim):
    return torch.logsumexp(values, dim) - torch.logsumexp(torch.zeros_like(values), dim)


# %% nan_to_num
# Repairs slices of -inf at the end.
def log_mean_exp(values, dim):
    n = values.shape[dim]
    m = values.max(dim, keepdim=True).values
    return torch.nan_to_num(((values - m).exp().mean(dim, keepdim=True).log() + m).squeeze(dim), nan=-math.inf)
