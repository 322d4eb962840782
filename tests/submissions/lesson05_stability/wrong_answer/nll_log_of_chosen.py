# Takes the logarithm of the probability of what was seen.
#
# fails bernoulli_nll-extremes: "the logarithm of a probability: sigmoid rounds to 0 or 1"
# fails bernoulli_nll-gradients: "the logarithm of a probability: sigmoid rounds to 0 or 1"

# %% grade_id="bernoulli_nll"
def bernoulli_nll(logits, x):
    p = torch.sigmoid(logits)
    return -torch.log(torch.where(x == 1, p, 1 - p))
