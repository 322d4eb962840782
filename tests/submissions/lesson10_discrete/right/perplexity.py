# %% those_in_use
# Leaves out the codes that are never used.
def perplexity(indices, codes):
    _, counts = indices.unique(return_counts=True)
    shares = counts / counts.sum()
    return torch.exp(-(shares * shares.log()).sum()).item()


# %% distribution
def perplexity(indices, codes):
    shares = F.one_hot(indices, codes).float().reshape(-1, codes).mean(0)
    return torch.distributions.Categorical(probs=shares).entropy().exp()


# %% small_number
# A small number inside the logarithm, as much public code has it.
def perplexity(indices, codes):
    shares = torch.bincount(indices.reshape(-1), minlength=codes).double() / indices.numel()
    return torch.exp(-torch.sum(shares * torch.log(shares + 1e-10)))


# %% by_hand
def perplexity(indices, codes):
    numbers = indices.flatten().tolist()
    entropy = 0.0
    for code in set(numbers):
        share = numbers.count(code) / len(numbers)
        entropy -= share * math.log(share)
    return math.exp(entropy)


# %% bits
def perplexity(indices, codes):
    shares = torch.bincount(indices.flatten(), minlength=codes) / indices.numel()
    shares = shares[shares > 0]
    return 2 ** -(shares * shares.log2()).sum()
