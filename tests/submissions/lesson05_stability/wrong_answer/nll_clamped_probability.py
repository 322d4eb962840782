# Keeps the probability away from 0 and 1.
#
# fails bernoulli_nll-extremes: "the loss stops at 13."
# fails bernoulli_nll-gradients: "where the loss stops growing, its gradient is 0"

# %% grade_id="bernoulli_nll"
def bernoulli_nll(logits, x):
    p = torch.sigmoid(logits).clamp(1e-6, 1 - 1e-6)
    return -(x * torch.log(p) + (1 - x) * torch.log(1 - p))
