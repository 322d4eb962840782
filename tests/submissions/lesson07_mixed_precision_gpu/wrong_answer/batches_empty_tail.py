# Ends with an empty batch when the sizes fit.
#
# fails device_batches-edges: "the batches have the wrong sizes"

# %% grade_id="device_batches"
def device_batches(x, batch_size, generator):
    order = torch.randperm(len(x), generator=generator, device=x.device)
    for k in range(len(x) // batch_size + 1):
        yield x[order[k * batch_size : (k + 1) * batch_size]]
