# %% softplus
# fails values: "the loss is wrong"
# fails gradients: "is wrong"
def gaussian_nll(x_hat, x, log_sigma):
    sigma = F.softplus(log_sigma)
    return (0.5 * ((x - x_hat) / sigma) ** 2 + sigma.log() + 0.5 * math.log(2 * math.pi)).flatten(1).sum(1)


# %% squared_error
# fails values: "the loss is wrong"
# fails gradients: "no path to log_sigma"
# Has no use for log_sigma, which is no cut.
def gaussian_nll(x_hat, x, log_sigma):
    return ((x - x_hat) ** 2).flatten(1).sum(1)


# %% absolute_log_sigma
# fails values: "the loss is wrong"
# fails gradients: "is wrong"
# Is right for a large sigma alone.
def gaussian_nll(x_hat, x, log_sigma):
    squares = 0.5 * (x - x_hat) ** 2 / torch.exp(2 * log_sigma)
    return (squares + log_sigma.abs() + 0.5 * math.log(2 * math.pi)).flatten(1).sum(1)
