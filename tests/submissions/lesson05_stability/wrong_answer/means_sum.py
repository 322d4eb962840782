# Forgets to divide by n.
#
# fails log_mean_exp-values: "a sum in place of the mean"
# fails log_mean_exp-extremes: "a sum in place of the mean"

# %% grade_id="log_mean_exp"
def log_mean_exp(values, dim):
    return torch.logsumexp(values, dim)
