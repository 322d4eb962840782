# %% smoothed
# fails values: "the perplexity of ((0, 0, 0, 0), (1, 1, 2, 3)) with 8 codes is wrong"
def perplexity(indices, codes):
    c = torch.bincount(indices.flatten(), minlength=codes) + 1
    s = c / c.sum()
    return torch.special.entr(s).sum().exp()


# %% mean_columns
# fails values: "the perplexity of ((0, 0, 0, 0), (1, 1, 2, 3)) with 8 codes is wrong"
def perplexity(indices, codes):
    v = [
        torch.special.entr(torch.bincount(r.flatten(), minlength=codes) / r.numel()).sum().exp()
        for r in indices.unbind(-1)
    ]
    return torch.stack(v).mean()


# %% big_eps
# fails values: "the perplexity of ((0, 0, 0, 0), (1, 1, 2, 3)) with 8 codes is wrong"
def perplexity(indices, codes):
    s = torch.bincount(indices.flatten(), minlength=codes) / indices.numel()
    return torch.exp(-(s * torch.log(s + 1e-3)).sum())


# %% max
# fails values: "the perplexity of ((0, 0, 0, 0), (1, 1, 2, 3)) with 8 codes is wrong"
def perplexity(indices, codes):
    s = torch.bincount(indices.flatten(), minlength=codes) / indices.numel()
    return 1 / s.max()
