# Computes in float64 and goes back.

# %% grade_id="log_mean_exp"
def log_mean_exp(values, dim):
    n = values.shape[dim]
    return (torch.logsumexp(values.double(), dim) - math.log(n)).to(values.dtype)
