# %% nan_to_zero
# 0 for a slice of -inf only.
# fails extremes: "the log-mean-exp is wrong"
def log_mean_exp(values, dim):
    top = values.amax(dim, keepdim=True)
    return torch.nan_to_num(torch.log(torch.exp(values - top).mean(dim)) + top.squeeze(dim), nan=0.0)


# %% minus_inf_counts_not
# Leaves entries of -inf out of the mean.
# fails extremes: "the log-mean-exp is wrong"
def log_mean_exp(values, dim):
    keep = values.isfinite()
    return torch.logsumexp(values, dim) - torch.log(keep.sum(dim).clamp(min=1).to(values.dtype))


# %% small_number
# A small number inside the log.
# fails values: "the log-mean-exp"
# fails extremes: "the log-mean-exp is wrong"
def log_mean_exp(values, dim):
    top = values.amax(dim, keepdim=True).clamp(min=-1e30)
    return torch.log(torch.exp(values - top).mean(dim) + 1e-6) + top.squeeze(dim)


# %% mean_of_the_result
# The mean of the result.
# fails shape: everything
# fails values: "the log-mean-exp has the wrong shape"
# fails extremes: "the log-mean-exp has the wrong shape"
# fails gradients: "the log-mean-exp has the wrong shape"
def log_mean_exp(values, dim):
    return (torch.logsumexp(values, dim) - math.log(values.shape[dim])).mean()


# %% first_subtracted
# Subtracts the first value.
# fails extremes: "the log-mean-exp is wrong"
def log_mean_exp(values, dim):
    top = values.select(dim, 0).unsqueeze(dim)
    return torch.log(torch.exp(values - top).mean(dim)) + top.squeeze(dim)


# %% floor_at_minus_1e4
# Raises -inf.
# fails extremes: "the log-mean-exp is wrong"
def log_mean_exp(values, dim):
    return torch.logsumexp(values.clamp(min=-1e4), dim) - math.log(values.shape[dim])


# %% log_n_of_float16
# Rounds log(n).
# fails values: "the log-mean-exp"
# fails extremes: "the log-mean-exp is wrong"
def log_mean_exp(values, dim):
    return torch.logsumexp(values, dim) - torch.log(torch.tensor(values.shape[dim], dtype=torch.float16)).to(
        values.dtype
    )


# %% log2
# A logarithm to base 2.
# fails values: "the log-mean-exp"
# fails extremes: "the log-mean-exp is wrong"
# fails gradients: "the gradient in values is wrong"
def log_mean_exp(values, dim):
    return (torch.logsumexp(values, dim) - math.log(values.shape[dim])) / math.log(2)


# %% nan_by_product
# 0 * -inf is nan.
# fails extremes: inf_minus_inf
def log_mean_exp(values, dim):
    top = values.amax(dim)
    return torch.logsumexp(values, dim) - math.log(values.shape[dim]) + 0 * top
