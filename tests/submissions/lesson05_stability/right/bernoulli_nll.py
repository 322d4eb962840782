# %% by_hand
# Writes the stable formula out.
def bernoulli_nll(logits, x):
    return torch.relu(logits) - x * logits + torch.log1p(torch.exp(-logits.abs()))


# %% distribution
# Uses torch.distributions.
def bernoulli_nll(logits, x):
    return -torch.distributions.Bernoulli(logits=logits).log_prob(x)


# %% log_sigmoid
# Uses the logarithm of the sigmoid, on both sides.
def bernoulli_nll(logits, x):
    return -(x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits))


# %% logaddexp
# Uses logaddexp.
def bernoulli_nll(logits, x):
    return torch.logaddexp(logits, torch.zeros_like(logits)) - x * logits


# %% one_by_one
# Takes the pixels one by one.
def bernoulli_nll(logits, x):
    losses = []
    for logit, pixel in zip(logits.flatten(), x.flatten()):
        losses.append(F.softplus(-logit) if pixel == 1 else F.softplus(logit))
    return torch.stack(losses).reshape(logits.shape)


# %% signed
# Turns the sign of the logit where x is 1.
def bernoulli_nll(logits, x):
    return F.softplus((1 - 2 * x) * logits)


# %% with_logits
# Uses PyTorch's own loss.
def bernoulli_nll(logits, x):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none")


# %% cross_entropy
# Uses the loss of two classes.
def bernoulli_nll(logits, x):
    two = torch.stack([torch.zeros_like(logits), logits], 1)
    return F.cross_entropy(two, x.long(), reduction="none")


# %% in_float64
# Computes in float64 and goes back.
def bernoulli_nll(logits, x):
    return F.binary_cross_entropy_with_logits(logits.double(), x.double(), reduction="none").to(logits.dtype)


# %% vmap
# Maps over the rows.
def bernoulli_nll(logits, x):
    return torch.vmap(lambda l, t: F.softplus(l) - t * l)(logits, x)
