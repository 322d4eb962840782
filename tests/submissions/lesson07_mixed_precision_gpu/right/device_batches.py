# %% sliced
# Shuffles everything first, then slices.
def device_batches(x, batch_size, generator):
    n = x.size(0)
    shuffled = x[torch.randperm(n, generator=generator, device=x.device)]
    start = 0
    while start < n:
        yield shuffled[start : min(start + batch_size, n)]
        start += batch_size


# %% sorted_noise
# Sorts random numbers, and returns a list.
def device_batches(x, batch_size, generator):
    order = torch.rand(x.shape[0], generator=generator, device=x.device).argsort()
    return list(torch.index_select(x, 0, order).split(batch_size))


# %% expression
# An expression that makes each batch when it is asked for.
def device_batches(x, batch_size, generator=None):
    order = torch.randperm(x.size(0), device=x.device, generator=generator)
    return (x.index_select(0, order[i : i + batch_size]) for i in range(0, x.size(0), batch_size))
