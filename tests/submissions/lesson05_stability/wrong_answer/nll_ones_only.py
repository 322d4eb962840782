# Counts the pixels that are 1 only.
#
# fails bernoulli_nll-values: "the term for x = 0 is missing"
# fails bernoulli_nll-extremes: "the loss"
# fails bernoulli_nll-gradients: "the term for x = 0 is missing"

# %% grade_id="bernoulli_nll"
def bernoulli_nll(logits, x):
    return -x * F.logsigmoid(logits)
