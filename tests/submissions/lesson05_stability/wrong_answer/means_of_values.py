# Averages the log-weights.
#
# fails log_mean_exp-values: "the mean of the values"
# fails log_mean_exp-extremes: "the mean of the values"
# fails log_mean_exp-gradients: "the mean of the values"

# %% grade_id="log_mean_exp"
def log_mean_exp(values, dim):
    return values.mean(dim)
