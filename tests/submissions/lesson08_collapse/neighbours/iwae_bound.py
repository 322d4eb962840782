# %% floor_at_minus_1000
# fails extremes: "the bound"
def iwae_bound(log_weights):
    return torch.logsumexp(log_weights.clamp(min=-1_000), dim=0) - math.log(len(log_weights))


# %% empty_draws_left_out
# fails extremes: "the bound"
def iwae_bound(log_weights):
    counted = log_weights.isfinite().sum(dim=0).to(log_weights.dtype)
    return torch.logsumexp(log_weights, dim=0) - counted.log()


# %% log_of_all
# fails values: "the bound"
# fails extremes: "the bound"
def iwae_bound(log_weights):
    return torch.logsumexp(log_weights, dim=0) - math.log(log_weights.numel())


# %% median
# fails values: "the bound"
# fails extremes: "the bound"
# fails gradients: "is wrong"
def iwae_bound(log_weights):
    return log_weights.median(dim=0).values


# %% first_subtracted
# fails extremes: "the bound"
def iwae_bound(log_weights):
    first = log_weights[0]
    return (log_weights - first).exp().mean(dim=0).log() + first
