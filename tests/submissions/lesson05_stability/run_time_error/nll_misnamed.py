# Calls a method that tensors do not have.
#
# fails bernoulli_nll-shape: "has no attribute 'log_sigmoid'"
# fails bernoulli_nll-values: "has no attribute 'log_sigmoid'"
# fails bernoulli_nll-extremes: "has no attribute 'log_sigmoid'"
# fails bernoulli_nll-gradients: "has no attribute 'log_sigmoid'"

# %% grade_id="bernoulli_nll"
def bernoulli_nll(logits, x):
    return -(x * logits.log_sigmoid() + (1 - x) * (-logits).log_sigmoid())
