# Uses torch.distributions.

# %% grade_id="bernoulli_nll"
def bernoulli_nll(logits, x):
    return -torch.distributions.Bernoulli(logits=logits).log_prob(x)
