# Does not add the largest value again.
#
# fails log_mean_exp-values: "the largest value was subtracted and not added again"
# fails log_mean_exp-extremes: "is wrong"

# %% grade_id="log_mean_exp"
def log_mean_exp(values, dim):
    top = values.detach().amax(dim, keepdim=True).clamp(min=-1e30)
    return torch.log(torch.exp(values - top).mean(dim))
