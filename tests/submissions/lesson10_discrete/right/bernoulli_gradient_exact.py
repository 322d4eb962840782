# %% autograd
# Differentiates the sum over all ways.
def bernoulli_gradient_exact(f, p):
    d = len(p)
    number = torch.arange(2**d, device=p.device).unsqueeze(1)
    b = ((number >> torch.arange(d, device=p.device)) & 1).to(p.dtype)
    leaf = p.detach().clone().requires_grad_()
    mean = (torch.where(b == 1, leaf, 1 - leaf).prod(dim=1) * f(b)).sum()
    return torch.autograd.grad(mean, leaf)[0]


# %% difference_of_means
# Compares right with left at each junction, under the same state of the others.
def bernoulli_gradient_exact(f, p):
    gradient = torch.zeros_like(p)
    for i in range(len(p)):
        for way in product((0.0, 1.0), repeat=len(p) - 1):
            others = torch.tensor(way, dtype=p.dtype, device=p.device)
            rest = torch.cat([p[:i], p[i + 1 :]])
            chance = (others * rest + (1 - others) * (1 - rest)).prod()
            high, low = (
                torch.cat([others[:i], torch.full_like(p[:1], b), others[i:]]).unsqueeze(0) for b in (1.0, 0.0)
            )
            gradient[i] += chance * (f(high) - f(low)).squeeze(0)
    return gradient


# %% one_row_at_a_time
# Calls f once for each way.
def bernoulli_gradient_exact(f, p):
    total = torch.zeros_like(p)
    for way in product((0, 1), repeat=len(p)):
        b = torch.tensor([way], dtype=p.dtype, device=p.device)
        chance = (p**b * (1 - p) ** (1 - b)).prod()
        total = total + chance * f(b)[0] * (b[0] / p - (1 - b[0]) / (1 - p))
    return total


# %% cartesian_product
# One factor has no rows of its own in torch.cartesian_prod.
def bernoulli_gradient_exact(f, p):
    d = p.numel()
    bit = torch.tensor([0, 1], dtype=p.dtype, device=p.device)
    b = torch.cartesian_prod(*[bit] * d).reshape(-1, d)
    weight = torch.exp(torch.distributions.Bernoulli(probs=p).log_prob(b).sum(-1))
    return ((weight * f(b))[:, None] * (b - p) / (p - p**2)).sum(0)


# %% float32_ways
# Evaluates f at rows of float32.
def bernoulli_gradient_exact(f, p):
    b = torch.tensor(list(product((0.0, 1.0), repeat=len(p))), dtype=torch.float32, device=p.device)
    values = f(b).to(p.dtype)
    chance = torch.where(b > 0.5, p, 1 - p).prod(1)
    return torch.einsum("n,n,nd->d", chance, values, (b - p) / (p * (1 - p)))
