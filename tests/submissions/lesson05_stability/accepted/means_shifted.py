# Subtracts the largest value, and 0 where that is infinite.

# %% grade_id="log_mean_exp"
def log_mean_exp(values, dim):
    top = values.amax(dim, keepdim=True)
    top = torch.where(torch.isinf(top), torch.zeros_like(top), top).detach()
    return torch.log(torch.exp(values - top).mean(dim)) + top.squeeze(dim)
