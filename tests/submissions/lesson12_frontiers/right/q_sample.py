# %% view
def q_sample(x0, t, eps, alpha_bar):
    shape = (len(t),) + (1,) * (x0.ndim - 1)
    signal = torch.sqrt(alpha_bar)[t].view(shape)
    noise = torch.sqrt(1 - alpha_bar)[t].view(shape)
    return signal * x0 + noise * eps


# %% loop
def q_sample(x0, t, eps, alpha_bar):
    rows = []
    for x, e, a in zip(x0, eps, alpha_bar[t]):
        rows.append(a**0.5 * x + (1 - a) ** 0.5 * e)
    return torch.stack(rows)


# %% einsum
def q_sample(x0, t, eps, alpha_bar):
    a = alpha_bar.gather(0, t)
    return torch.einsum("b,b...->b...", a.sqrt(), x0) + torch.einsum("b,b...->b...", (1 - a).sqrt(), eps)


# %% from_the_other_end
# Turns the dimensions round, so that the rows come last.
def q_sample(x0, t, eps, alpha_bar):
    a = alpha_bar[t]
    last = x0.movedim(0, -1) * a.sqrt() + eps.movedim(0, -1) * (1 - a).sqrt()
    return last.movedim(-1, 0)


# %% float64
def q_sample(x0, t, eps, alpha_bar):
    a = alpha_bar.double()[t]
    while a.dim() < x0.dim():
        a = a.unsqueeze(-1)
    return (a.sqrt() * x0 + (1 - a).sqrt() * eps).to(x0.dtype)


# %% loop_over_numbers
def q_sample(x0, t, eps, alpha_bar):
    rows = []
    for x, e, step in zip(x0, eps, t.tolist()):
        rows.append(alpha_bar[step] ** 0.5 * x + (1 - alpha_bar[step]) ** 0.5 * e)
    return torch.stack(rows)
