# Gives the probability to the loss for probabilities.
#
# fails bernoulli_nll-extremes: "the loss stops at 100.0"
# fails bernoulli_nll-gradients: "sigmoid(logit) - x"

# %% grade_id="bernoulli_nll"
def bernoulli_nll(logits, x):
    return F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="none")
