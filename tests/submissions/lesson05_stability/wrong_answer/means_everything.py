# Takes the mean over all elements.
#
# fails log_mean_exp-shape: "over all elements"
# fails log_mean_exp-values: "the wrong shape"
# fails log_mean_exp-extremes: "the wrong shape"
# fails log_mean_exp-gradients: "the wrong shape"

# %% grade_id="log_mean_exp"
def log_mean_exp(values, dim):
    return torch.logsumexp(values.flatten(), 0) - math.log(values.numel())
