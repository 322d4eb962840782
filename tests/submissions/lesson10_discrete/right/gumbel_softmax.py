# %% of_log_probabilities
def gumbel_softmax(logits, tau, u):
    noise = -torch.log(-torch.log(u))
    return F.softmax((F.log_softmax(logits, dim=-1) + noise) / tau, dim=-1)


# %% shifted
# Subtracts the largest of each row by hand.
def gumbel_softmax(logits, tau, u):
    noisy = (logits - torch.log(-torch.log(u))) / tau
    weights = torch.exp(noisy - noisy.amax(-1, keepdim=True).detach())
    return weights / weights.sum(-1, keepdim=True)


# %% logsumexp
def gumbel_softmax(logits, tau, u):
    noisy = (logits - torch.log(-torch.log(u))) / tau
    return torch.exp(noisy - torch.logsumexp(noisy, -1, keepdim=True))


# %% jang
# As the authors' notebook has it, with 1e-20 inside both logarithms.
def gumbel_softmax(logits, tau, u, eps=1e-20):
    return torch.softmax((logits + -torch.log(-torch.log(u + eps) + eps)) / tau, -1)


# %% float64
# Computes in float64 and goes back.
def gumbel_softmax(logits, tau, u):
    noisy = logits.double() - torch.log(-torch.log(u.double()))
    return torch.softmax(noisy.div(tau), -1).to(logits.dtype)
