# Forgets the generator.
#
# fails device_batches-order: "the order does not come from generator"

# %% grade_id="device_batches"
def device_batches(x, batch_size, generator):
    for index in torch.randperm(len(x), device=x.device).split(batch_size):
        yield x[index]
