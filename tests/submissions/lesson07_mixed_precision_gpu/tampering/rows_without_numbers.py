# A batch of rows that hold nothing: it costs nothing to send, and a loop over its rows has no end.
# fails device_batches-rows: "a value over the limit of what crosses"
# fails device_batches-order: "a value over the limit of what crosses"
# fails device_batches-edges: "a value over the limit of what crosses"
# fails device_batches-device: "a value over the limit of what crosses"

# %% grade_id="device_batches"
def device_batches(x, batch_size, generator=None):
    yield torch.zeros(10**12, 0)
