# Adds log(n).
#
# fails log_mean_exp-values: "log(n) is added"
# fails log_mean_exp-extremes: "log(n) is added"

# %% grade_id="log_mean_exp"
def log_mean_exp(values, dim):
    return torch.logsumexp(values, dim) + math.log(values.shape[dim])
