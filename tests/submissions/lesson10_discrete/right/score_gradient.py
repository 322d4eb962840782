# %% centred
# The mean of all, stretched by n / (n - 1).
def score_gradient(f, b, p):
    n = len(b)
    values = f(b)
    centred = (values - values.mean()) * n / (n - 1)
    return centred[:, None] * ((b - p) / (p * (1 - p)))


# %% loop
def score_gradient(f, b, p):
    values = f(b)
    rows = []
    for k in range(b.shape[0]):
        others = torch.cat([values[:k], values[k + 1 :]])
        rows.append((values[k] - others.mean()) * (b[k] / p - (1 - b[k]) / (1 - p)))
    return torch.stack(rows)


# %% autograd
# The score by autograd, row by row.
def score_gradient(f, b, p):
    values = f(b).detach()
    weights = values - (values.sum() - values) / (len(values) - 1)
    leaf = p.detach().expand(b.shape).clone().requires_grad_()
    log_p = torch.where(b == 1, leaf.log(), (1 - leaf).log()).sum()
    (score,) = torch.autograd.grad(log_p, leaf)
    return weights[:, None] * score


# %% row_by_row
# Calls f once for each draw, and averages the others by a matrix.
def score_gradient(f, b, p):
    n = len(b)
    values = torch.cat([f(row[None]) for row in b])
    average = (1 - torch.eye(n, dtype=p.dtype, device=p.device)) / (n - 1)
    return (values - average @ values).unsqueeze(-1) * torch.where(b == 1, 1 / p, -1 / (1 - p))
