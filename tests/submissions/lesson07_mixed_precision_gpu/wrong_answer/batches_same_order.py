# Fixes the seed inside.
#
# fails device_batches-order: "the same order in every epoch"

# %% grade_id="device_batches"
def device_batches(x, batch_size, generator):
    generator = torch.Generator(x.device).manual_seed(0) if not x.is_meta else None
    order = torch.randperm(len(x), generator=generator, device=x.device)
    for index in order.split(batch_size):
        yield x[index]
