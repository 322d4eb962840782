# Adds 1e-8 inside the logarithm.
#
# fails bernoulli_nll-extremes: "the loss stops at 18.4"
# fails bernoulli_nll-gradients: "where the loss stops growing, its gradient is 0"

# %% grade_id="bernoulli_nll"
def bernoulli_nll(logits, x):
    p = torch.sigmoid(logits)
    return -(x * torch.log(p + 1e-8) + (1 - x) * torch.log(1 - p + 1e-8))
