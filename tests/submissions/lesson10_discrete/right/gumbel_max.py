# %% race
# The first to arrive: waiting times with the probabilities as rates.
def gumbel_max(logits, u):
    waiting = -torch.log(u) / torch.softmax(logits, -1)
    return F.one_hot(waiting.argmin(-1), logits.size(-1)).to(logits.dtype)


# %% scatter
def gumbel_max(logits, u):
    index = (logits - (-u.log()).log()).argmax(dim=-1, keepdim=True)
    return torch.zeros_like(logits).scatter(-1, index, 1.0)


# %% compared
def gumbel_max(logits, u):
    noisy = torch.log_softmax(logits, -1) - torch.log(-torch.log(u))
    return (noisy == noisy.max(-1, keepdim=True).values).type_as(logits)


# %% eye
def gumbel_max(logits, u):
    k = logits.shape[-1]
    gumbel = -torch.log(-torch.log(u + 1e-20) + 1e-20)
    return torch.eye(k, dtype=logits.dtype, device=logits.device)[torch.argmax(logits + gumbel, -1)]


# %% quantiles
# The noise as a quantile of the Gumbel distribution.
def gumbel_max(logits, u):
    noise = torch.distributions.Gumbel(torch.zeros_like(u), torch.ones_like(u)).icdf(u)
    return torch.nn.functional.one_hot((logits + noise).max(-1).indices, logits.shape[-1]).to(logits)
