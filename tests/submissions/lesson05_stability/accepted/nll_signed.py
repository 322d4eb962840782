# Turns the sign of the logit where x is 1.

# %% grade_id="bernoulli_nll"
def bernoulli_nll(logits, x):
    return F.softplus((1 - 2 * x) * logits)
