# Always takes the last dimension.
#
# fails log_mean_exp-shape: "the wrong shape"
# fails log_mean_exp-values: "the wrong shape"
# fails log_mean_exp-extremes: "the wrong shape"
# fails log_mean_exp-gradients: "the wrong shape"

# %% grade_id="log_mean_exp"
def log_mean_exp(values, dim):
    return torch.logsumexp(values, -1) - math.log(values.shape[-1])
