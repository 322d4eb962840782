# Drops the last short batch.
#
# fails device_batches-rows: "the last, shorter batch is missing"
# fails device_batches-edges: "the last, shorter batch is missing"

# %% grade_id="device_batches"
def device_batches(x, batch_size, generator):
    order = torch.randperm(len(x), generator=generator, device=x.device)
    for start in range(0, len(x) - batch_size + 1, batch_size):
        yield x[order[start : start + batch_size]]
