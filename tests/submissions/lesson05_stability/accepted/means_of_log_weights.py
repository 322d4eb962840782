# Subtracts log(n) before the sum.

# %% grade_id="log_mean_exp"
def log_mean_exp(values, dim):
    n = values.size(dim)
    return torch.logsumexp(values - math.log(n), dim=dim)
