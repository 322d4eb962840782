# Takes the logarithm of the probability.
#
# fails bernoulli_nll-extremes: "the logarithm of a probability: sigmoid rounds to 0 or 1"
# fails bernoulli_nll-gradients: "the logarithm of a probability: sigmoid rounds to 0 or 1"

# %% grade_id="bernoulli_nll"
def bernoulli_nll(logits, x):
    p = torch.sigmoid(logits)
    return -(x * torch.log(p) + (1 - x) * torch.log(1 - p))
