# Limits the logits to 50.
#
# fails bernoulli_nll-extremes: "the loss stops at 50.0"
# fails bernoulli_nll-gradients: "where the loss stops growing, its gradient is 0"

# %% grade_id="bernoulli_nll"
def bernoulli_nll(logits, x):
    return F.binary_cross_entropy_with_logits(logits.clamp(-50, 50), x, reduction="none")
