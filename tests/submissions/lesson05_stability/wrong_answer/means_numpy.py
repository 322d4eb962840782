# Computes from a detached copy.
#
# fails log_mean_exp-gradients: "detach(), .data, no_grad()"

# %% grade_id="log_mean_exp"
def log_mean_exp(values, dim):
    copy = values.detach()
    return torch.logsumexp(copy, dim) - math.log(copy.shape[dim])
