# Shuffles everything first, then slices.

# %% grade_id="device_batches"
def device_batches(x, batch_size, generator):
    n = x.size(0)
    shuffled = x[torch.randperm(n, generator=generator, device=x.device)]
    start = 0
    while start < n:
        yield shuffled[start : min(start + batch_size, n)]
        start += batch_size
