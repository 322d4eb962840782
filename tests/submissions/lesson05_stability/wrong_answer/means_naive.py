# Takes the exponential first.
#
# fails log_mean_exp-extremes: "exp, then mean, then log"

# %% grade_id="log_mean_exp"
def log_mean_exp(values, dim):
    return torch.log(torch.mean(torch.exp(values), dim))
