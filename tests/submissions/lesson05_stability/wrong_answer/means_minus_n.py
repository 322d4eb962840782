# Subtracts n.
#
# fails log_mean_exp-values: "n is subtracted, not log(n)"
# fails log_mean_exp-extremes: "n is subtracted, not log(n)"

# %% grade_id="log_mean_exp"
def log_mean_exp(values, dim):
    return torch.logsumexp(values, dim) - values.shape[dim]
