# Writes the stable formula out.

# %% grade_id="bernoulli_nll"
def bernoulli_nll(logits, x):
    return torch.relu(logits) - x * logits + torch.log1p(torch.exp(-logits.abs()))
