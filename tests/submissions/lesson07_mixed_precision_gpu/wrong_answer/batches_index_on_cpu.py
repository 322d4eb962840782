# Draws the order on the CPU.
#
# fails device_batches-device: "the index lives on the CPU"

# %% grade_id="device_batches"
def device_batches(x, batch_size, generator):
    order = torch.randperm(len(x), generator=generator)
    for start in range(0, len(x), batch_size):
        yield x[order[start : start + batch_size]]
