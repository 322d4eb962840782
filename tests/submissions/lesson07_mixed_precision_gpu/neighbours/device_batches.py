# %% backwards
# fails order: same_order
# No seed and no order that was drawn.
def device_batches(x, batch_size, generator):
    return x.flip(0).split(batch_size)


# %% first_rows_again
# fails rows: "repeats rows"
# fails edges: "repeats rows"
# Every batch is the first of a permutation: nothing was drawn with replacement.
def device_batches(x, batch_size, generator):
    order = torch.randperm(len(x), generator=generator, device=x.device)
    for start in range(0, len(x), batch_size):
        yield x[order[: min(batch_size, len(x) - start)]]


# %% order_moved
# fails device: cpu_index
# One copy, and the batches wait for none.
def device_batches(x, batch_size, generator):
    order = torch.randperm(len(x), generator=generator).to(x.device)
    return x[order].split(batch_size)


# %% zeros_on_the_processor
# fails device: "a tensor left the device of x"
# The order is drawn where x is.
def device_batches(x, batch_size, generator):
    order = torch.randperm(len(x), generator=generator, device=x.device)
    torch.zeros(batch_size)
    return x[order].split(batch_size)


# %% in_part_from_the_generator
# fails order: "a seeded generator does not decide the order"
# The generator has its part, but does not decide alone.
def device_batches(x, batch_size, generator):
    order = torch.randperm(len(x), generator=generator, device=x.device)
    return x[order][torch.randperm(len(x), device=x.device)].split(batch_size)


# %% near_their_place
# fails order: "rows stay near their place"
def device_batches(x, batch_size, generator):
    noise = torch.rand(len(x), generator=generator, device=x.device)
    return x[(torch.arange(len(x), device=x.device) + 8 * noise).argsort()].split(batch_size)


# %% first_rows_lost
# fails rows: "misses rows"
# fails edges: "misses rows"
# A row is lost, and the shorter batch is there.
def device_batches(x, batch_size, generator):
    order = torch.randperm(len(x), generator=generator, device=x.device)
    return x[order[1:]].split(batch_size)


# %% as_lists
# fails rows: "a batch is not a tensor"
# fails order: "a batch is not a tensor"
# fails edges: "a batch is not a tensor"
# fails device: "a batch is not a tensor"
def device_batches(x, batch_size, generator):
    for index in torch.randperm(len(x), generator=generator, device=x.device).split(batch_size):
        yield [x[index]]
