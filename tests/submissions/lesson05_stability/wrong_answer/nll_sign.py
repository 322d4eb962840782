# Returns the log-likelihood.
#
# fails bernoulli_nll-values: "the sign: that is the log-likelihood"
# fails bernoulli_nll-extremes: "the loss"
# fails bernoulli_nll-gradients: "the sign: that is the log-likelihood"

# %% grade_id="bernoulli_nll"
def bernoulli_nll(logits, x):
    return x * logits - F.softplus(logits)
