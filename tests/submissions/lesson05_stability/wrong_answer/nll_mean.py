# Averages over all pixels.
#
# fails bernoulli_nll-shape: "mean or a sum"
# fails bernoulli_nll-values: "mean or a sum"
# fails bernoulli_nll-extremes: "mean or a sum"
# fails bernoulli_nll-gradients: "mean or a sum"

# %% grade_id="bernoulli_nll"
def bernoulli_nll(logits, x):
    return F.binary_cross_entropy_with_logits(logits, x)
