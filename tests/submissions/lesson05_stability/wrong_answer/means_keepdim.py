# Keeps the dimension.
#
# fails log_mean_exp-shape: "dim is kept with size 1"

# %% grade_id="log_mean_exp"
def log_mean_exp(values, dim):
    return torch.logsumexp(values, dim, keepdim=True) - math.log(values.shape[dim])
