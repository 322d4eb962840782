# %% shifted
def iwae_bound(log_weights):
    top = log_weights.max(dim=0, keepdim=True).values.detach()
    return (log_weights - top).exp().mean(dim=0).log() + top[0]


# %% log_mean_exp
# The function of lesson 5.
def iwae_bound(log_weights):
    def log_mean_exp(values, dim):
        return torch.logsumexp(values, dim) - math.log(values.shape[dim])

    return log_mean_exp(log_weights, 0)


# %% one_by_one
def iwae_bound(log_weights):
    total = log_weights[0]
    for row in log_weights[1:]:
        total = torch.logaddexp(total, row)
    return total - math.log(log_weights.size(0))


# %% transposed
def iwae_bound(log_weights):
    k = log_weights.shape[0]
    return torch.logsumexp(log_weights.T - math.log(k), dim=1)


# %% float64
def iwae_bound(log_weights):
    wide = log_weights.double()
    return (wide.logsumexp(0) - math.log(wide.shape[0])).to(log_weights.dtype)


# %% cumulative
def iwae_bound(log_weights):
    return torch.logcumsumexp(log_weights, dim=0)[-1] - math.log(len(log_weights))
