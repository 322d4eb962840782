# Exchanges the two cases.
#
# fails bernoulli_nll-values: "x and 1 - x are exchanged"
# fails bernoulli_nll-extremes: "the loss"
# fails bernoulli_nll-gradients: "x and 1 - x are exchanged"

# %% grade_id="bernoulli_nll"
def bernoulli_nll(logits, x):
    return F.softplus(logits) - (1 - x) * logits
