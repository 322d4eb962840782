# %% baseline_previous
# fails values: "the table of estimates"
def score_gradient(f, b, p):
    v = f(b)
    return (v - v.roll(1))[:, None] * (b - p) / (p * (1 - p))


# %% median
# fails values: "the table of estimates"
def score_gradient(f, b, p):
    v = f(b)
    base = torch.stack([torch.cat([v[:i], v[i + 1 :]]).median() for i in range(len(v))])
    return (v - base)[:, None] * (b - p) / (p * (1 - p))


# %% empirical_p
# fails values: "the table of estimates"
def score_gradient(f, b, p):
    v = f(b)
    others = (v.sum() - v) / (len(v) - 1)
    return (v - others)[:, None] * (b - b.mean(0)) / (p * (1 - p))


# %% one_minus_p
# fails values: "the table of estimates"
# fails baseline: "the mean of the estimates over all pairs of draws is wrong"
def score_gradient(f, b, p):
    v = f(b)
    others = (v.sum() - v) / (len(v) - 1)
    return (v - others)[:, None] * (b / p + (1 - b) / (1 - p))
