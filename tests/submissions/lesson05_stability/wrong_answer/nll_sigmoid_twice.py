# Applies the sigmoid before a loss that applies it too.
#
# fails bernoulli_nll-values: "sigmoid twice"
# fails bernoulli_nll-extremes: "the loss"
# fails bernoulli_nll-gradients: "sigmoid twice"

# %% grade_id="bernoulli_nll"
def bernoulli_nll(logits, x):
    return F.binary_cross_entropy_with_logits(torch.sigmoid(logits), x, reduction="none")
