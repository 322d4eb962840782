# Divides by the number of all elements.
#
# fails log_mean_exp-values: "the logarithm of the number of all elements"
# fails log_mean_exp-extremes: "the logarithm of the number of all elements"

# %% grade_id="log_mean_exp"
def log_mean_exp(values, dim):
    return torch.logsumexp(values, dim) - math.log(values.numel())
