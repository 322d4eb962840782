# %% round_p
# fails values: "the gradient"
def bernoulli_gradient_exact(f, p):
    b = p.round()[None]
    return (f(b)[:, None] * (b - p) / (p * (1 - p))).sum(0)


# %% reversed
# fails values: "the gradient"
def bernoulli_gradient_exact(f, p):
    b = torch.tensor(list(product((0, 1), repeat=len(p))), dtype=p.dtype, device=p.device)
    c = torch.where(b == 1, p, 1 - p).prod(1)
    return ((c * f(b)) @ ((b - p) / (p * (1 - p)))).flip(0)


# %% others_at_one
# fails values: "the gradient"
def bernoulli_gradient_exact(f, p):
    g = torch.zeros_like(p)
    for i in range(len(p)):
        hi, lo = torch.ones_like(p), torch.ones_like(p)
        lo[i] = 0
        g[i] = f(hi[None])[0] - f(lo[None])[0]
    return g


# %% half_points
# fails points: "f was evaluated at a row that never occurs"
def bernoulli_gradient_exact(f, p):
    f(torch.full_like(p, 0.5)[None])
    b = torch.tensor(list(product((0, 1), repeat=len(p))), dtype=p.dtype, device=p.device)
    c = torch.where(b == 1, p, 1 - p).prod(1)
    return (c * f(b)) @ ((b - p) / (p * (1 - p)))


# %% signs
# fails values: "the gradient"
# fails points: "f was evaluated at a row that never occurs"
def bernoulli_gradient_exact(f, p):
    b = torch.tensor(list(product((-1, 1), repeat=len(p))), dtype=p.dtype, device=p.device)
    c = torch.where(b == 1, p, 1 - p).prod(1)
    return (c * f(b)) @ ((b - p) / (p * (1 - p)))
